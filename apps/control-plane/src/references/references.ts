import type { FailureDetail } from '@portico/contracts';
import { In, type EntityTarget, type ObjectLiteral } from 'typeorm';
import { invalid } from '../http/api-error.ts';
import type { Reads } from '../writes/writes.ts';

interface Reference {
  /** Where it stands in the request: `body.policy_id`. */
  readonly path: string;
  readonly id: string | null | undefined;
}

/** 422 naming every reference to something that does not exist. */
export async function refuseMissing<E extends ObjectLiteral & { id: string }>(
  { manager }: Reads,
  entity: EntityTarget<E>,
  references: readonly Reference[],
): Promise<void> {
  const given = references.filter(({ id }) => id !== null && id !== undefined);
  if (given.length === 0) return;
  const rows = await manager.find(entity, {
    where: { id: In(given.map(({ id }) => id)) } as never,
    select: { id: true } as never,
  });
  const known = new Set<string>(rows.map(({ id }) => id));
  const missing = given.flatMap(({ path, id }): FailureDetail[] =>
    known.has(id!) ? [] : [{ path, message: `${id} does not exist` }],
  );
  if (missing.length > 0) throw invalid(...missing);
}
