import type { EntityTarget, ObjectLiteral } from 'typeorm';
import { conflict } from '../http/api-error.ts';
import type { WriteTx } from './writes.ts';

/** 409 when the id that a caller chose belongs to something already. */
export async function refuseTaken<E extends ObjectLiteral & { id: string }>(
  { manager }: WriteTx,
  entity: EntityTarget<E>,
  id: string | undefined,
): Promise<void> {
  if (id === undefined) return;
  const taken = await manager.existsBy(entity, { id } as never);
  if (taken) {
    throw conflict(`The id ${id} is taken.`, [{ path: 'body.id', message: 'is taken' }]);
  }
}
