import { Injectable } from '@nestjs/common';
import type { ConfigResourceKind } from '@portico/contracts';
import { DataSource, type EntityManager } from 'typeorm';
import type { RequestContext } from '../access/request-context.ts';
import { chainEntries, type AuditFact } from '../audit/audit-chain.ts';
import { AuditEntryEntity } from '../audit/audit-entry.entity.ts';
import { WriteSignal } from './write-signal.ts';

/** Heard by every replica after the commit; the payload is the revision. */
export const REVISION_CHANNEL = 'portico_revision';

export type ConfigKey = `${ConfigResourceKind}.${string}`;

/** Whatever can be read through: the data source, or the transaction of a write. */
export interface Reads {
  readonly manager: EntityManager;
}

/** What a write may do; all of it happens, or none. */
export interface WriteTx {
  readonly manager: EntityManager;
  readonly context: RequestContext;
  /** One time for everything this write stores. */
  readonly now: Date;
  /** Says who did what; secrets must not be in `before` or `after`. */
  audit(fact: AuditFact): void;
  /** Names a compiled resource that this write changes for gateway nodes. */
  changed(key: ConfigKey): void;
}

interface Head {
  readonly revision: number;
  readonly audit_sequence: number;
  readonly audit_head: string;
}

/** The one way to change anything: rows, audit entries, revision and notification in one commit. */
@Injectable()
export class Writes {
  constructor(
    private readonly dataSource: DataSource,
    private readonly signal: WriteSignal,
  ) {}

  /** Throw inside `work` and nothing has happened. Audit nothing and no revision is made. */
  async withWrite<T>(context: RequestContext, work: (tx: WriteTx) => Promise<T>): Promise<T> {
    const { result, revision } = await this.dataSource.transaction(async (manager) => {
      const head = await lockHead(manager);
      const facts: AuditFact[] = [];
      const keys = new Set<ConfigKey>();
      const now = new Date();
      const tx: WriteTx = {
        manager,
        context,
        now,
        audit: (fact) => facts.push(fact),
        changed: (key) => keys.add(key),
      };
      const result = await work(tx);
      if (facts.length === 0) return { result, revision: head.revision };
      const revision = head.revision + 1;
      await recordChanges(manager, { revision, keys, now });
      await appendAudit(tx, facts, { ...head, revision });
      await manager.query('select pg_notify($1, $2)', [REVISION_CHANNEL, String(revision)]);
      return { result, revision };
    });
    context.committed = { revision, atMs: Date.now() };
    this.signal.emit(revision);
    return result;
  }

  /** For what changes nothing and must be known all the same: a secret that was read, a sign-in. */
  async recordOnly(context: RequestContext, fact: AuditFact): Promise<void> {
    await this.dataSource.transaction(async (manager) => {
      const head = await lockHead(manager);
      await appendAudit({ manager, context, now: new Date() }, [fact], head);
    });
  }
}

/**
 * Writers queue here, before they read anything: what a write validates is still true when it
 * commits, revisions are gapless, and the audit chain has one end.
 */
async function lockHead(manager: EntityManager): Promise<Head> {
  await manager.query(`set local lock_timeout = '10s'`);
  const [row] = (await manager.query(
    'select revision, audit_sequence, audit_head from config_revision where id = 1 for update',
  )) as [{ revision: string; audit_sequence: string; audit_head: string }];
  return {
    revision: Number(row.revision),
    audit_sequence: Number(row.audit_sequence),
    audit_head: row.audit_head,
  };
}

async function recordChanges(
  manager: EntityManager,
  { revision, keys, now }: { revision: number; keys: ReadonlySet<ConfigKey>; now: Date },
): Promise<void> {
  if (keys.size === 0) return;
  await manager.query(
    'insert into config_changes (revision, key, at) select $1, unnest($2::text[]), $3',
    [revision, [...keys], now],
  );
}

async function appendAudit(
  { manager, context, now }: Pick<WriteTx, 'manager' | 'context' | 'now'>,
  facts: readonly AuditFact[],
  head: Head,
): Promise<void> {
  const entries = chainEntries(facts, { context, at: now, head });
  // In portions: one statement may carry no more than 65,535 parameters.
  for (let from = 0; from < entries.length; from += 1_000) {
    await manager.insert(AuditEntryEntity, entries.slice(from, from + 1_000) as never);
  }
  const last = entries.at(-1);
  await manager.query(
    'update config_revision set revision = $1, audit_sequence = $2, audit_head = $3 where id = 1',
    [head.revision, last?.sequence, last?.hash],
  );
}
