import { MoreThan, type DataSource, type EntityManager } from 'typeorm';
import { GENESIS_HASH, hashOf } from './audit-chain.ts';
import { AuditEntryEntity } from './audit-entry.entity.ts';
import type { AuditVerification } from './audit.dto.ts';

const BATCH = 1_000;

interface Head {
  readonly audit_sequence: number;
  readonly audit_head: string;
}

/**
 * Recomputes every hash from the first entry on, and compares the last with the head that is kept
 * apart: an entry that was changed, removed, inserted, or cut off at the end is found.
 */
export function verifyChain(dataSource: DataSource): Promise<AuditVerification> {
  // One moment: entries written meanwhile would otherwise look like a head that does not fit.
  return dataSource.transaction('REPEATABLE READ', async (manager) => {
    const head = await readHead(manager);
    let previous_hash = GENESIS_HASH;
    let entries = 0;
    const broken = (sequence: number, reason: string): AuditVerification => ({
      valid: false,
      entries,
      head: head.audit_head,
      broken_at: sequence,
      reason,
    });
    for await (const entry of inOrder(manager)) {
      entries += 1;
      if (entry.sequence !== entries) return broken(entries, 'an entry is missing');
      if (entry.previous_hash !== previous_hash) {
        return broken(entries, 'the entry does not follow the one before it');
      }
      if (hashOf(entry) !== entry.hash) return broken(entries, 'the entry was changed');
      previous_hash = entry.hash;
    }
    if (entries !== head.audit_sequence)
      return broken(entries + 1, 'entries are missing at the end');
    if (previous_hash !== head.audit_head) return broken(entries, 'the newest entry was replaced');
    return { valid: true, entries, head: head.audit_head };
  });
}

async function* inOrder(manager: EntityManager): AsyncGenerator<AuditEntryEntity> {
  let after = 0;
  for (;;) {
    const rows = await manager.find(AuditEntryEntity, {
      where: { sequence: MoreThan(after) },
      order: { sequence: 'ASC' },
      take: BATCH,
    });
    yield* rows;
    if (rows.length < BATCH) return;
    after = rows.at(-1)!.sequence;
  }
}

async function readHead(manager: EntityManager): Promise<Head> {
  const [row]: [{ audit_sequence: string; audit_head: string }] = await manager.query(
    'select audit_sequence, audit_head from config_revision where id = 1',
  );
  return { audit_sequence: Number(row.audit_sequence), audit_head: row.audit_head };
}
