import type {
  LogPage,
  LogSearchQuery,
  MetricsQuery,
  MetricsSummary,
  RequestLogDetail,
  RequestLogEntry,
  UsageDay,
  UsageDelta,
  UsageQuery,
  UsageTotal,
  UsageTotalsQuery,
} from '@portico/contracts';
import pg from 'pg';
import type { DropReport, IncomingBatch, LogFilter, LogStore, WriteOutcome } from '../log-store.ts';
import { aggregate } from './aggregate.ts';
import { CountFolder, foldCounts } from './fold-counts.ts';
import { get } from './get.ts';
import { migrate } from './migrate.ts';
import { daysOf, Partitions } from './partitions.ts';
import { openPool } from './pool.ts';
import { dropExpired, erase } from './retention.ts';
import { scan, search } from './search.ts';
import { inTransaction, withClient } from './transaction.ts';
import { addUsage, usage, usageTotals } from './usage.ts';
import { isRecordAtFault, storeCarefully, storeTogether } from './write-batches.ts';

export interface PostgresLogStoreOptions {
  readonly url: string;
  /** Connections for queries; writes have some of their own, so that no query can hold them up. */
  readonly queryConnectionsMax: number;
  /** Longest a query may run, ms. */
  readonly queryTimeoutMs: number;
  /** A connection broke; the next use makes a new one. */
  readonly onConnectionLost: (error: Error) => void;
  /** Counts could not be added up yet; nothing is lost, but charts get slower until they can. */
  readonly onFoldFailed: (error: unknown) => void;
}

const WRITE_TIMEOUT_MS = 60_000;
/**
 * Ninety partitions look dear enough to compile for, which takes longer than the answer; and a month
 * of everybody's counts would be sorted on disk.
 */
const QUERY_SETTINGS = '-c jit=off -c work_mem=32MB';
/** Every chart reads what is pending, so that must stay little. */
const FOLD_EVERY_MS = 2_000;

export class PostgresLogStore implements LogStore {
  readonly #writes: pg.Pool;
  readonly #queries: pg.Pool;
  readonly #partitions: Partitions;
  readonly #folder: CountFolder;

  constructor(options: PostgresLogStoreOptions) {
    this.#writes = openPool(options, { max: 4, timeoutMs: WRITE_TIMEOUT_MS });
    this.#queries = openPool(options, {
      max: options.queryConnectionsMax,
      timeoutMs: options.queryTimeoutMs,
      settings: QUERY_SETTINGS,
    });
    this.#partitions = new Partitions(this.#writes);
    this.#folder = new CountFolder({
      pool: this.#writes,
      everyMs: FOLD_EVERY_MS,
      onFailed: options.onFoldFailed,
    });
  }

  /** Has to succeed once before anything else is asked of the store. */
  migrate(): Promise<readonly string[]> {
    return migrate(this.#writes);
  }

  async write(batches: readonly IncomingBatch[]): Promise<readonly WriteOutcome[]> {
    const outcomes = await this.#store(batches);
    this.#folder.nudge();
    return outcomes;
  }

  async #store(batches: readonly IncomingBatch[]): Promise<readonly WriteOutcome[]> {
    await this.#ensurePartitions(batches);
    try {
      return await inTransaction(this.#writes, (client) => storeTogether(client, batches));
    } catch (error) {
      if (!isRecordAtFault(error)) throw error;
    }
    // A day that another process dropped would look like bad records from here on.
    this.#partitions.forget();
    await this.#ensurePartitions(batches);
    const outcomes: WriteOutcome[] = [];
    for (const batch of batches) {
      outcomes.push(await inTransaction(this.#writes, (client) => storeCarefully(client, batch)));
    }
    return outcomes;
  }

  #ensurePartitions(batches: readonly IncomingBatch[]): Promise<void> {
    return this.#partitions.ensure(batches.flatMap((batch) => daysOf(batch.records)));
  }

  /** Happens by itself beside writes; what is read is the same before and after. */
  foldCounts(): Promise<void> {
    return foldCounts(this.#writes);
  }

  addUsage(delta: UsageDelta): Promise<boolean> {
    return addUsage(this.#writes, delta);
  }

  search(query: LogSearchQuery): Promise<LogPage> {
    return search(this.#queries, query);
  }

  scan(filter: LogFilter): AsyncIterable<readonly RequestLogEntry[]> {
    return scan(this.#queries, filter);
  }

  get(requestId: string, clientId?: string): Promise<RequestLogDetail | undefined> {
    return get(this.#queries, requestId, clientId);
  }

  aggregate(query: MetricsQuery): Promise<MetricsSummary> {
    return aggregate(this.#queries, query);
  }

  usage(query: UsageQuery): Promise<readonly UsageDay[]> {
    return usage(this.#queries, query);
  }

  usageTotals(query: UsageTotalsQuery): Promise<readonly UsageTotal[]> {
    return usageTotals(this.#queries, query);
  }

  dropExpired(now: Date): Promise<DropReport> {
    return dropExpired(this.#writes, this.#partitions, now);
  }

  erase(clientId: string): Promise<number> {
    return erase(this.#writes, clientId);
  }

  prepareDays(now: Date): Promise<void> {
    return this.#partitions.prepareAhead(now);
  }

  async ping(): Promise<void> {
    await withClient(this.#queries, (client) => client.query('SELECT 1'));
  }

  async close(): Promise<void> {
    await this.#folder.settled();
    await Promise.all([this.#writes.end(), this.#queries.end()]);
  }
}
