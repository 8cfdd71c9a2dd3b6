import type {
  LogPage,
  LogSearchQuery,
  LossMarker,
  MetricsQuery,
  MetricsSummary,
  RequestLogDetail,
  RequestLogEntry,
  RequestRecord,
  UsageDay,
  UsageDelta,
  UsageQuery,
  UsageTotal,
  UsageTotalsQuery,
} from '@portico/contracts';

/**
 * Where request records live. PostgreSQL is the one implementation today; another store has to pass
 * the same suite (`log-store-contract.ts`).
 */
export interface LogStore {
  /** Atomic and idempotent: each batch is stored whole and once, however often it is written. */
  write(batches: readonly IncomingBatch[]): Promise<readonly WriteOutcome[]>;
  /** Adds what was admitted, once per `(node, epoch, sequence)`. False = it was there already. */
  addUsage(delta: UsageDelta): Promise<boolean>;
  /** Newest first. */
  search(query: LogSearchQuery): Promise<LogPage>;
  /** All pages of `search`, one after the other, as the reader asks for them. */
  scan(filter: LogFilter): AsyncIterable<readonly RequestLogEntry[]>;
  /** The newest record of that id, of that client alone when one is given. */
  get(requestId: string, clientId?: string): Promise<RequestLogDetail | undefined>;
  aggregate(query: MetricsQuery): Promise<MetricsSummary>;
  usage(query: UsageQuery): Promise<readonly UsageDay[]>;
  /** What every profile was admitted over a span of days, by client, profile and whose policy it was. */
  usageTotals(query: UsageTotalsQuery): Promise<readonly UsageTotal[]>;
  /** Removes what has outlived its retention by `now`. Safe to run in several processes. */
  dropExpired(now: Date): Promise<DropReport>;
  /** Removes a client's records; counts (of calls, latencies, usage) stay. Gives how many were removed. */
  erase(clientId: string): Promise<number>;
  /** Makes room for the days around `now`, so that no write has to. */
  prepareDays(now: Date): Promise<void>;
  ping(): Promise<void>;
}

export type LogFilter = Omit<LogSearchQuery, 'limit' | 'cursor'>;

/** A batch as read from the stream: what is good, and what is not, with the reason. */
export interface IncomingBatch {
  readonly batchId: string;
  readonly records: readonly RequestRecord[];
  readonly losses: readonly LossMarker[];
  readonly rejected: readonly RejectedRecord[];
}

/** A record that cannot be stored as one. */
export interface RejectedRecord {
  /** Which of its node's records it is, where that can still be told. */
  readonly sequence: number | null;
  readonly reason: string;
  readonly record: unknown;
}

export type WriteOutcome =
  | { readonly kind: 'stored'; readonly stored: number; readonly parked: readonly string[] }
  | { readonly kind: 'duplicate'; readonly parkedBefore: number };

export interface DropReport {
  readonly days: number;
  readonly records: number;
}

/** The store cannot answer now; the same call may succeed later. */
export class StoreUnavailableError extends Error {
  readonly reason: 'away' | 'too_slow';

  constructor(reason: 'away' | 'too_slow', options: ErrorOptions) {
    super(reason === 'away' ? 'the log store is away' : 'the query took too long', options);
    this.name = 'StoreUnavailableError';
    this.reason = reason;
  }
}

/** A cursor that no page of ours carried. */
export class BadCursorError extends Error {}
