import type { Logger } from '@portico/telemetry';
import { systemContext } from '../access/request-context.ts';
import type { Writes, WriteTx } from '../writes/writes.ts';
import {
  carriersOf,
  rowsUnder,
  SEALED_PLACES,
  type SealedPlace,
  type SealedRow,
} from './sealed-places.ts';
import type { Vault } from './vault.ts';

/** Rows of each table in one transaction: other writes wait for some tenths of a second at most. */
export const ROWS_PER_TRANSACTION = 2_000;

export interface ResealParts {
  readonly writes: Writes;
  readonly vault: Vault;
  readonly logger: Logger;
}

/** Table → how many of its rows. */
export type Counts = Readonly<Record<string, number>>;

/**
 * Puts what is still under the previous keys under the present ones, one bounded transaction after
 * the other, until nothing is left or `isStopped`. Any replica may do it at any time, several at once
 * too: each transaction begins with the lock that every write takes, and looks for what is left only
 * then. Cut off half-way, the rest is found by the next. Not a user's change: versions stay, and the
 * audit log gets one entry per transaction.
 */
export async function resealAll(parts: ResealParts, isStopped: () => boolean): Promise<Counts> {
  const altered = new Map<string, string[]>();
  const total: Record<string, number> = {};
  while (!isStopped()) {
    const context = systemContext('key rotation');
    const done = await parts.writes.withWrite(context, (tx) => resealSome(parts, tx, altered));
    for (const [table, rows] of Object.entries(done)) total[table] = (total[table] ?? 0) + rows;
    // Full ones may have more to come.
    if (Math.max(0, ...Object.values(done)) < ROWS_PER_TRANSACTION) break;
  }
  return total;
}

async function resealSome(
  parts: ResealParts,
  tx: WriteTx,
  altered: Map<string, string[]>,
): Promise<Counts> {
  const counts: Record<string, number> = {};
  for (const place of SEALED_PLACES) {
    const known = altered.get(place.table) ?? [];
    altered.set(place.table, known);
    const rows = await resealRows(parts, tx, { place, altered: known });
    if (rows > 0) counts[place.table] = rows;
  }
  if (Object.keys(counts).length === 0) return counts;
  const { previousKeyIds, presentKeyIds } = parts.vault;
  tx.audit({
    action: 'encryption_key.rotate',
    resource_type: 'encryption_key',
    resource_id: presentKeyIds[0]!,
    before: { key_ids: previousKeyIds },
    after: { key_ids: presentKeyIds, resealed: counts },
  });
  return counts;
}

async function resealRows(
  parts: ResealParts,
  tx: WriteTx,
  { place, altered }: { place: SealedPlace; altered: string[] },
): Promise<number> {
  const keyIds = parts.vault.previousKeyIds;
  const select = { keyIds, except: altered, limit: ROWS_PER_TRANSACTION };
  const found = await rowsUnder(tx.manager, place, select);
  const fresh = found.flatMap((row) => {
    const resealed = resealedRow(parts, place, row);
    if (resealed === null) altered.push(row.id);
    return resealed ?? [];
  });
  if (fresh.length === 0) return 0;
  await tx.manager.query(place.store, [JSON.stringify(fresh)]);
  const ids = fresh.map(({ id }) => id);
  for (const key of await carriersOf(tx.manager, place, ids)) tx.changed(key);
  return fresh.length;
}

/** `null` when a secret of it does not open: somebody wrote to the table by hand. It stays as it is. */
function resealedRow(
  { vault, logger }: ResealParts,
  { table }: SealedPlace,
  { id, secrets }: SealedRow,
): SealedRow | null {
  try {
    let key_id = '';
    const entries = Object.entries(secrets).map(([field, text]) => {
      if (!vault.previousKeyIds.some((keyId) => text.startsWith(`v1.${keyId}.`)))
        return [field, text];
      const fresh = vault.reseal(text);
      key_id = fresh.key_id;
      return [field, fresh.sealed];
    });
    return { id, secrets: Object.fromEntries(entries) as Record<string, string>, key_id };
  } catch (err) {
    logger.error({ table, id, err }, 'a stored secret was altered: it cannot be opened');
    return null;
  }
}
