import { snapshotCollectionSchema, type FailureDetail } from '@portico/contracts';
import { checkCollection, findDuplicateBasePaths } from '@portico/enforcement';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { conflict, invalid } from '../http/api-error.ts';
import { credentialsOf, toSnapshotCollection } from '../publishing/compile-collection.ts';
import { toDetails } from '../validation/contract.ts';
import type { WriteTx } from '../writes/writes.ts';
import { CollectionEntity } from './collection.entity.ts';

/** Which part of the collection is being written: its problems are the body's problems. */
type Subject = { readonly collectionId: string; readonly endpointId?: string };

/**
 * Asks the enforcement core itself whether a collection as it stands in this transaction can be
 * enforced, drafts included: publishing is then never refused. Throws 422 pointing into the body.
 */
export async function refuseUnenforceable(tx: WriteTx, subject: Subject): Promise<void> {
  const { collectionId: id, endpointId } = subject;
  const collection = await tx.manager.findOneByOrFail(CollectionEntity, { id });
  const endpoints = await tx.manager.findBy(EndpointEntity, { collection_id: id });
  const credentials = await credentialsOf(tx, [collection, ...endpoints]);
  const source = toSnapshotCollection({ collection, endpoints, credentials });
  const parsed = snapshotCollectionSchema.safeParse(source);
  const problems = parsed.success
    ? checkCollection(parsed.data)
    : parsed.error.issues.flatMap((issue) => toDetails(issue, ''));
  if (problems.length > 0) {
    const idAt = (index: number): string | undefined => source.endpoints[index]?.id;
    throw invalid(...problems.map((problem) => inBody(problem, idAt, endpointId)));
  }
  refuseUnreachable(collection);
}

/** `endpoints.3.path` of the endpoint being written is `body.path`; of another one, it is named. */
function inBody(
  { path, message }: FailureDetail,
  idAt: (index: number) => string | undefined,
  endpointId: string | undefined,
): FailureDetail {
  const [, index, rest] = /^endpoints\.(\d+)\.(.*)$/.exec(path) ?? [];
  const id = index === undefined ? undefined : idAt(Number(index));
  if (id === undefined) return { path: `body.${path}`, message };
  if (id === endpointId) return { path: `body.${rest}`, message };
  const where = endpointId === undefined ? `body.endpoints.${id}.${rest}` : `body.${rest}`;
  return { path: where, message: `${id} ${message}` };
}

function refuseUnreachable({ status, upstreams }: CollectionEntity): void {
  if (status !== 'published' || Object.keys(upstreams).length > 0) return;
  throw invalid({
    path: 'body.upstreams',
    message: 'a published collection needs an upstream for at least one environment',
  });
}

/** 409 when another collection, draft or not, has this base path. */
export async function refuseTakenBasePath(
  { manager }: WriteTx,
  collection: Pick<CollectionEntity, 'id' | 'base_path'>,
): Promise<void> {
  const others = await manager.find(CollectionEntity, { select: { id: true, base_path: true } });
  for (const other of others) {
    if (other.id === collection.id) continue;
    // Compared by the core's own idea of "the same path", not by spelling.
    const clash = findDuplicateBasePaths([other, collection] as never);
    if (clash.length === 0) continue;
    throw conflict(`${collection.base_path} is the base path of ${other.id}.`, [
      { path: 'body.base_path', message: `is taken by ${other.id}` },
    ]);
  }
}
