import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { recordEndpoint } from '../endpoints/record-endpoint.ts';
import { newId } from '../writes/new-id.ts';
import { firstVersion } from '../writes/versions.ts';
import type { WriteTx } from '../writes/writes.ts';
import { CollectionEntity } from './collection.entity.ts';
import { recordCollection } from './record-collection.ts';

/** A draft copy with its endpoints, each keeping its own status, under a base path that is free. */
export async function duplicate(tx: WriteTx, source: CollectionEntity): Promise<CollectionEntity> {
  const name = `${source.name} (copy)`.slice(0, 200);
  const copy = tx.manager.create(CollectionEntity, {
    ...source,
    id: newId('collection', name, undefined),
    name,
    base_path: await freeBasePath(tx, source.base_path),
    status: 'draft',
    ...firstVersion(tx),
  });
  await tx.manager.insert(CollectionEntity, copy as never);
  recordCollection(tx, 'create', [null, copy]);
  for (const endpoint of await tx.manager.findBy(EndpointEntity, { collection_id: source.id })) {
    const endpointCopy = tx.manager.create(EndpointEntity, {
      ...endpoint,
      id: newId('endpoint', endpoint.name, undefined),
      collection_id: copy.id,
      ...firstVersion(tx),
    });
    await tx.manager.insert(EndpointEntity, endpointCopy as never);
    recordEndpoint(tx, 'create', [null, endpointCopy]);
  }
  return copy;
}

async function freeBasePath({ manager }: WriteTx, basePath: string): Promise<string> {
  const stem = basePath === '/' ? '/copy' : `${basePath}-copy`;
  const taken = new Set(
    (await manager.find(CollectionEntity, { select: { base_path: true } })).map(
      ({ base_path }) => base_path,
    ),
  );
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? stem : `${stem}-${number}`;
    if (!taken.has(candidate)) return candidate;
  }
}
