import type { WriteTx } from '../writes/writes.ts';
import type { CollectionEntity } from './collection.entity.ts';
import { toCollectionResponse } from './collection.response.ts';

type Verb = 'create' | 'update' | 'delete' | 'publish' | 'unpublish';

export function recordCollection(
  tx: WriteTx,
  verb: Verb,
  [before, after]: readonly [CollectionEntity | null, CollectionEntity | null],
): void {
  const id = (after ?? before)!.id;
  tx.changed(`collection.${id}`);
  tx.audit({
    action: `collection.${actionOf(verb, [before, after])}`,
    resource_type: 'collection',
    resource_id: id,
    before: before && toCollectionResponse(before),
    after: after && toCollectionResponse(after),
  });
}

/** An update whose point is the status reads better under its own name. */
function actionOf(
  verb: Verb,
  [before, after]: readonly [CollectionEntity | null, CollectionEntity | null],
): Verb {
  if (verb !== 'update' || before?.status === after?.status) return verb;
  return after?.status === 'published' ? 'publish' : 'unpublish';
}
