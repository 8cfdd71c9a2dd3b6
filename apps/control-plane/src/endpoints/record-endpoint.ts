import type { WriteTx } from '../writes/writes.ts';
import type { EndpointEntity } from './endpoint.entity.ts';
import { toEndpointResponse } from './endpoint.response.ts';

export function recordEndpoint(
  tx: WriteTx,
  verb: 'create' | 'update' | 'delete',
  [before, after]: readonly [EndpointEntity | null, EndpointEntity | null],
): void {
  const endpoint = (after ?? before)!;
  tx.changed(`collection.${endpoint.collection_id}`);
  tx.audit({
    action: `endpoint.${verb}`,
    resource_type: 'endpoint',
    resource_id: endpoint.id,
    before: before && toEndpointResponse(before),
    after: after && toEndpointResponse(after),
  });
}
