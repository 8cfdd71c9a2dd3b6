import type { DeepPartial } from 'typeorm';
import { canonicalJson } from '../audit/audit-chain.ts';
import { nextVersion, type Versioned } from './versions.ts';
import type { WriteTx } from './writes.ts';

/** The row with these fields, as its next version. */
export function amended<E extends Versioned>(
  tx: WriteTx,
  entity: new () => E,
  before: E,
  fields: DeepPartial<NoInfer<E>>,
): E {
  const plain = { ...before, ...fields, ...nextVersion(tx, before) } as DeepPartial<E>;
  return tx.manager.create(entity, plain);
}

const OF_THE_VERSION: readonly string[] = ['updated_at', 'version'] satisfies (keyof Versioned)[];

/**
 * Whether writing `after` would store what is there already. Who finds that answers with `before`
 * and audits nothing: there is no version, revision or audit entry without a change.
 */
export function changesNothing<E extends Versioned>(
  { manager }: WriteTx,
  [before, after]: readonly [E, E],
): boolean {
  const { columns } = manager.connection.getMetadata(before.constructor);
  return columns.every(({ propertyName, type }) => {
    if (OF_THE_VERSION.includes(propertyName)) return true;
    const [old, now] = [before, after].map((row) => row[propertyName as keyof E]);
    // `json` keeps keys in their author's order (`jsonb` does not), so there the order is a change.
    return type === 'json' ? asText(old) === asText(now) : isSame(old, now);
  });
}

/** Whether two values are the same JSON, in whatever order their keys are. */
export const isSame = (left: unknown, right: unknown): boolean =>
  canonicalJson(JSON.parse(asText(left))) === canonicalJson(JSON.parse(asText(right)));

const asText = (value: unknown): string => JSON.stringify(value ?? null);
