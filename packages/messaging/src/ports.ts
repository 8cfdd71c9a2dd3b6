import type { ConfigMessage, Heartbeat, PressureHint, UsageReport } from '@portico/contracts';

/**
 * The three feeds between services. Two implementations each, NATS and in process, and one contract
 * suite that both must pass (`test/feed-contract.ts`). No port knows what a resource means.
 */

export interface Subscription {
  /** Stops delivery; resolves when no callback is running any more. Safe to call twice. */
  stop(): Promise<void>;
}

/** One whole revision. A node swaps to it in one synchronous step, or keeps what it has. */
export interface RevisionChange {
  readonly revision: number;
  /** True after a replay: `values` is then the complete configuration, not a difference. */
  readonly complete: boolean;
  /** Key → JSON text, or null where the resource is gone. Never holds `meta`. */
  readonly values: ReadonlyMap<string, string | null>;
  /** Unix ms at which the control plane published it. */
  readonly publishedAtMs: number;
}

/** Why a node is told that something it received was not delivered as a revision. */
export type ConfigFault =
  | { readonly kind: 'bad_signature'; readonly key: string }
  | { readonly kind: 'unreadable'; readonly key: string; readonly reason: string }
  | { readonly kind: 'unknown_format'; readonly format: number }
  | { readonly kind: 'digest_mismatch'; readonly revision: number }
  | { readonly kind: 'disconnected' }
  | { readonly kind: 'reconnected' };

export interface ConfigListener {
  /** Throwing means "refused": the node keeps its last good state and the feed goes on. */
  onRevision(change: RevisionChange): void;
  onFault(fault: ConfigFault): void;
  /**
   * The revision handed out last is the newest there is: a replay, or a meta written again, added up
   * to it. Whatever fault came before is over. Never said of a revision that was refused.
   */
  onCurrent(revision: number): void;
}

/** A gateway node's side: follow the configuration, say what is applied. */
export interface ConfigFeed {
  /**
   * Replays the bucket, then follows it. Resolves once subscribed, not once a revision arrived.
   * While the transport is away it keeps trying; a gap or a digest mismatch leads to a replay.
   */
  follow(listener: ConfigListener): Promise<Subscription>;
  /** Fire and forget; never throws, never waits. */
  beat(heartbeat: Heartbeat): void;
}

/** The control plane's side. */
export interface ConfigPublisher {
  /** Writes one revision, in order; the last message must be `meta`. Rejects when not all were stored. */
  publish(messages: readonly ConfigMessage[]): Promise<void>;
  /** Everything in the bucket, for the reconcile tick. */
  readAll(): Promise<ReadonlyMap<string, ConfigMessage>>;
  onHeartbeat(listener: (heartbeat: Heartbeat) => void): Promise<Subscription>;
}

/** What a gateway does with an encoded batch of records. */
export interface RecordPublisher {
  /** Resolves when the batch is stored; rejects on timeout. Safe to repeat with the same id. */
  publish(node: string, batchId: string, payload: Uint8Array): Promise<void>;
}

export interface DeliveredBatch {
  readonly batchId: string;
  readonly payload: Uint8Array;
  /** 1 on first delivery. */
  readonly attempt: number;
  /** The batch is in the store. */
  ack(): void;
  /** Deliver again after `delayMs`. */
  retry(delayMs: number): void;
  /** Never deliver again: park it on the dead-letter stream with the reason. Resolves once parked. */
  park(reason: string): Promise<void>;
}

export interface RecordConsumer {
  /**
   * At least once, at most `maxInFlight` at a time. The handler says ack, retry or park before it
   * resolves; when it throws, or says nothing, the batch is delivered again after a second.
   */
  consume(
    handler: (batch: DeliveredBatch) => Promise<void>,
    options: { readonly maxInFlight: number },
  ): Promise<Subscription>;
}

/** What gateway nodes tell each other, and the ledger, about limits. */
export interface UsageFeed {
  /** Durable. Resolves when stored. */
  publishDelta(node: string, deltaId: string, payload: Uint8Array): Promise<void>;
  consumeDeltas(
    handler: (batch: DeliveredBatch) => Promise<void>,
    options: { readonly maxInFlight: number },
  ): Promise<Subscription>;
  /** Core NATS: a lost hint is harmless. */
  hint(hint: PressureHint): void;
  onHint(listener: (hint: PressureHint) => void): Promise<Subscription>;
  /** A node answers questions about a scope; `undefined` = nothing known here. */
  answerUsage(answer: (scope: string) => Promise<UsageReport | undefined>): Promise<Subscription>;
  /** Collects what nodes answer within `timeoutMs`; an empty list when nobody does. */
  askUsage(scope: string, timeoutMs: number): Promise<readonly UsageReport[]>;
}

/** A batch nobody could store, kept with the reason. */
export interface ParkedBatch {
  readonly batchId: string;
  readonly from: 'logs' | 'usage';
  readonly reason: string;
  readonly payload: Uint8Array;
}

/** Batches that were parked, for whoever has to look into them. */
export interface DeadLetters {
  /** Oldest first, at most `limit`. */
  list(limit: number): Promise<readonly ParkedBatch[]>;
}

/** One connection's worth of feeds. */
export interface Feeds {
  readonly config: ConfigFeed;
  readonly configPublisher: ConfigPublisher;
  readonly records: RecordPublisher;
  readonly recordConsumer: RecordConsumer;
  readonly usage: UsageFeed;
  readonly deadLetters: DeadLetters;
  /** False while the transport is away. */
  isConnected(): boolean;
  close(): Promise<void>;
}
