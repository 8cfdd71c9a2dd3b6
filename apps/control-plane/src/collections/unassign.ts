import { ClientCollectionEntity } from '../clients/client-collection.entity.ts';
import { ClientEntity } from '../clients/client.entity.ts';
import { readClient } from '../clients/read-client.ts';
import { recordClient } from '../clients/record-client.ts';
import { nextVersion } from '../writes/versions.ts';
import type { WriteTx } from '../writes/writes.ts';

/** Takes a collection out of one client's contract, as a change of that client. */
export async function unassign(
  tx: WriteTx,
  { id }: Pick<ClientEntity, 'id'>,
  collectionId: string,
): Promise<void> {
  const before = await readClient(tx, id);
  await tx.manager.delete(ClientCollectionEntity, { client_id: id, collection_id: collectionId });
  await tx.manager.update(ClientEntity, { id }, nextVersion(tx, before.client));
  recordClient(tx, 'update', [before, await readClient(tx, id)]);
}
