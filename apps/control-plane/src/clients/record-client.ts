import type { WriteTx } from '../writes/writes.ts';
import { toClientResponse, type ClientRecord } from './read-client.ts';

export function recordClient(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [ClientRecord | null, ClientRecord | null],
): void {
  const { id } = (after ?? before)!.client;
  tx.changed(`client.${id}`);
  tx.audit({
    action: `client.${verb}`,
    resource_type: 'client',
    resource_id: id,
    before: before && toClientResponse(before),
    after: after && toClientResponse(after),
  });
}
