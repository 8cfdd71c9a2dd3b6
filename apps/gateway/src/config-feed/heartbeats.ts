import { HEARTBEAT_FORMAT, HEARTBEAT_INTERVAL_MS, NODE_GONE_AFTER_MS } from '@portico/contracts';
import type { Heartbeat } from '@portico/contracts';
import type { ConfigFeed, Feeds, Subscription } from '@portico/messaging';

/** What a beat says that only the node knows at that moment. */
export type Pulse = Pick<
  Heartbeat,
  | 'revision'
  | 'lag_ms'
  | 'stale'
  | 'stale_reason'
  | 'draining'
  | 'in_flight'
  | 'outbox_depth'
  | 'records_lost'
>;

export interface HeartbeatOptions {
  readonly node: string;
  readonly version: string;
  readonly startedAtMs: number;
  readonly feed: Pick<ConfigFeed, 'beat'>;
  readonly pulse: () => Pulse;
  /** Requests since the process started. */
  readonly requests: () => number;
}

/** Beats every second, and at once when there is news: that is what `Prefer: wait` waits for. */
export class Heartbeats {
  readonly #options: HeartbeatOptions;
  readonly #timer: NodeJS.Timeout;
  #rps = 0;
  #requestsBefore = 0;
  #countedAtMs: number;

  constructor(options: HeartbeatOptions) {
    this.#options = options;
    this.#countedAtMs = Date.now();
    this.#timer = setInterval(() => this.#tick(), HEARTBEAT_INTERVAL_MS);
  }

  beatNow(): void {
    const { node, version, startedAtMs, feed, pulse } = this.#options;
    feed.beat({
      format: HEARTBEAT_FORMAT,
      node,
      version,
      started_at_ms: startedAtMs,
      sent_at_ms: Date.now(),
      rps: this.#rps,
      ...pulse(),
    });
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #tick(): void {
    const nowMs = Date.now();
    const requests = this.#options.requests();
    const elapsedMs = Math.max(1, nowMs - this.#countedAtMs);
    this.#rps = Math.round(((requests - this.#requestsBefore) * 10_000) / elapsedMs) / 10;
    this.#requestsBefore = requests;
    this.#countedAtMs = nowMs;
    this.beatNow();
  }
}

/** Counts live gateway nodes, this one included: how many shares a limit has while Redis is away. */
export class ClusterCensus {
  readonly #self: string;
  readonly #lastBeatMs = new Map<string, number>();
  readonly #subscription: Promise<Subscription>;

  readonly #isConnected: () => boolean;

  constructor(
    self: string,
    { configPublisher, isConnected }: Pick<Feeds, 'configPublisher' | 'isConnected'>,
  ) {
    this.#self = self;
    this.#isConnected = isConnected;
    this.#subscription = configPublisher.onHeartbeat((beat) => this.#hear(beat));
  }

  size(): number {
    const nowMs = Date.now();
    // Nobody is gone only because nothing can be heard of anybody.
    const isDeaf = !this.#isConnected();
    for (const [node, atMs] of this.#lastBeatMs) {
      if (isDeaf) this.#lastBeatMs.set(node, nowMs);
      else if (atMs < nowMs - NODE_GONE_AFTER_MS) this.#lastBeatMs.delete(node);
    }
    return this.#lastBeatMs.size + 1;
  }

  async stop(): Promise<void> {
    await (await this.#subscription).stop();
  }

  #hear(beat: Heartbeat): void {
    if (beat.node === this.#self) return;
    if (beat.draining) this.#lastBeatMs.delete(beat.node);
    else this.#lastBeatMs.set(beat.node, Date.now());
  }
}
