import type { DeadLetters, DeliveredBatch, Subscription } from './ports.ts';

/**
 * What the feeds need of a transport: one is NATS, the other lives in the process. Everything that
 * means something (revisions, heartbeats, limits) is above this line and exists once.
 */
export interface Transport {
  readonly signals: Signals;
  readonly bucket: Bucket;
  readonly logs: WorkQueue;
  readonly usage: WorkQueue;
  readonly deadLetters: DeadLetters;
  isConnected(): boolean;
  close(): Promise<void>;
}

/** Text to whoever listens right now; may be lost. */
export interface Signals {
  publish(subject: string, text: string): void;
  subscribe(subject: string, onText: (text: string) => void): Promise<Subscription>;
  answer(
    subject: string,
    answer: (question: string) => Promise<string | undefined>,
  ): Promise<Subscription>;
  ask(subject: string, question: string, timeoutMs: number): Promise<readonly string[]>;
}

export interface BucketEntry {
  readonly key: string;
  /** Grows with every write to the bucket. */
  readonly sequence: number;
  readonly text: string;
}

/** The last value of every key, kept, in the order in which it was written. */
export interface Bucket {
  /** Writes in order; resolves with the sequence numbers when all are stored. */
  put(entries: readonly Pick<BucketEntry, 'key' | 'text'>[]): Promise<readonly number[]>;
  /** Takes keys out unless they were written again since that sequence number. */
  remove(entries: readonly Pick<BucketEntry, 'key' | 'sequence'>[]): Promise<void>;
  readAll(): Promise<readonly BucketEntry[]>;
  follow(reader: BucketReader): Subscription;
}

/** Follows a bucket. Every method is synchronous: entries are never interleaved. */
export interface BucketReader {
  /** The bucket is read from its beginning. */
  begin(): void;
  /** `replay` = read it again. */
  entry(entry: BucketEntry): 'go_on' | 'replay';
  /** All that was there at `begin` has been read; new entries follow as they are written. */
  end(): void;
  onConnection(state: 'disconnected' | 'reconnected'): void;
}

export interface WorkQueue {
  /** Resolves when stored, rejects when it is not, or not known to be. Safe to repeat. */
  publish(node: string, batchId: string, payload: Uint8Array): Promise<void>;
  consume(
    handler: (batch: DeliveredBatch) => Promise<void>,
    options: { readonly maxInFlight: number },
  ): Promise<Subscription>;
}

/** The part of a logger the feeds use; a pino logger fits. */
export interface FeedLogger {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
