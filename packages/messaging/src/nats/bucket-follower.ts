import { setTimeout as delay } from 'node:timers/promises';
import { DeliverPolicy, type ConsumerMessages, type JsMsg } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { BucketReader, FeedLogger } from '../transport.ts';
import { BUCKET_STREAM, toEntry } from './nats-bucket.ts';
import type { NatsLink } from './nats-link.ts';
import { clientOf, isMissing, managerOf } from './nats-streams.ts';

interface FollowerOptions {
  readonly link: NatsLink;
  readonly logger: FeedLogger;
  readonly reader: BucketReader;
}

/** How far which stream was read. */
interface Cursor {
  readonly created: string;
  sequence: number;
  /** The reader has begun a replay that ends once this sequence number has been read. */
  replayUntil: number | undefined;
}

type Ending = 'interrupted' | 'replay' | 'stopped';

const RETRY_MS_MIN = 100;
const RETRY_MS_MAX = 1_000;
const REPLAY_PAUSE_MS_MAX = 10_000;
const IDLE_HEARTBEAT_MS = 2_000;
const PULL_MESSAGES = 2_000;

/**
 * Reads the bucket's stream in order, for ever. Each session goes on where the last one ended; it
 * starts over when the reader asks for it, or when the stream is not the one that was read before
 * (a server that lost its data counts from 1 again).
 */
export class BucketFollower {
  readonly #options: FollowerOptions;
  readonly #stopping = new AbortController();
  #cursor: Cursor | undefined;
  #interrupt: (ending: Ending) => void = () => undefined;
  #replays = { inARow: 0, lastAtMs: -Infinity };

  constructor(options: FollowerOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Nothing reaches the reader any more. */
  stop(): void {
    this.#stopping.abort();
    this.#interrupt('stopped');
  }

  async #run(): Promise<void> {
    const { link, reader } = this.#options;
    const unwatch = link.watch((state) => {
      if (!this.#stopping.signal.aborted) reader.onConnection(state);
      this.#interrupt('interrupted');
    });
    let pauseMs = 0;
    while (!this.#stopping.signal.aborted && !link.isClosed) {
      const ending = await this.#session();
      pauseMs = ending === 'replay' ? this.#replayPause() : nextPause(pauseMs, ending);
      await delay(pauseMs, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
    }
    unwatch();
  }

  /** Something that never adds up must not make us read the bucket without end. */
  #replayPause(): number {
    const nowMs = performance.now();
    const isQuiet = nowMs - this.#replays.lastAtMs > 3 * REPLAY_PAUSE_MS_MAX;
    const inARow = isQuiet ? 1 : this.#replays.inARow + 1;
    this.#replays = { inARow, lastAtMs: nowMs };
    return inARow === 1 ? 0 : Math.min(RETRY_MS_MIN * 2 ** inARow, REPLAY_PAUSE_MS_MAX);
  }

  async #session(): Promise<Ending | 'failed'> {
    try {
      const connection = await this.#options.link.ready(this.#stopping.signal);
      return connection === undefined ? 'stopped' : await this.#read(connection);
    } catch (err) {
      // No bucket yet is how every installation starts; the control plane will make it.
      const isExpected = isMissing(err) || !this.#options.link.isConnected();
      if (!isExpected) this.#options.logger.warn({ err }, 'Reading the config bucket failed');
      return 'failed';
    }
  }

  async #read(connection: NatsConnection): Promise<Ending> {
    const ended = Promise.withResolvers<Ending>();
    this.#interrupt = ended.resolve;
    const cursor = await this.#locate(connection);
    const consumer = await clientOf(connection).consumers.get(BUCKET_STREAM, {
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: cursor.sequence + 1,
    });
    if (this.#stopping.signal.aborted) return 'stopped';
    if ((await consumer.info(true)).num_pending === 0) this.#endReplay(cursor);
    const messages = await consumer.consume({
      max_messages: PULL_MESSAGES,
      idle_heartbeat: IDLE_HEARTBEAT_MS,
      callback: (message) => {
        if (this.#cursor === cursor) this.#accept(message, cursor, ended.resolve);
      },
    });
    void messages.closed().then(() => ended.resolve('interrupted'));
    void endOnSilence(messages, ended.resolve);
    const ending = await ended.promise;
    await messages.close();
    if (this.#options.link.isConnected()) void consumer.delete().catch(() => undefined);
    return ending;
  }

  /** Where to go on: behind what was read, where that still means something, or at the beginning. */
  async #locate(connection: NatsConnection): Promise<Cursor> {
    const manager = await managerOf(connection);
    const { created, state } = await manager.streams.info(BUCKET_STREAM);
    const old = this.#cursor;
    if (old?.created === created && old.sequence <= state.last_seq) {
      // A replay that was cut off goes on, now up to what has been written since.
      if (old.replayUntil !== undefined) old.replayUntil = state.last_seq;
      return old;
    }
    const cursor: Cursor = { created, sequence: 0, replayUntil: state.last_seq };
    this.#cursor = cursor;
    if (!this.#stopping.signal.aborted) this.#options.reader.begin();
    return cursor;
  }

  #accept(message: JsMsg, cursor: Cursor, end: (ending: Ending) => void): void {
    if (this.#stopping.signal.aborted) return;
    cursor.sequence = message.seq;
    if (this.#options.reader.entry(toEntry(message)) === 'replay') {
      // Forgotten here and now: a connection lost in the same moment must not lead to going on.
      this.#cursor = undefined;
      return end('replay');
    }
    const { replayUntil } = cursor;
    if (replayUntil === undefined) return;
    if (message.seq >= replayUntil || message.info.pending === 0) this.#endReplay(cursor);
  }

  #endReplay(cursor: Cursor): void {
    if (cursor.replayUntil === undefined) return;
    cursor.replayUntil = undefined;
    this.#options.reader.end();
  }
}

const nextPause = (pauseMs: number, ending: Ending | 'failed'): number =>
  ending === 'failed' ? Math.min(RETRY_MS_MAX, Math.max(RETRY_MS_MIN, pauseMs * 2)) : 0;

/** The library's own recovery waits for long and goes on blindly; ours looks at the stream first. */
async function endOnSilence(
  messages: ConsumerMessages,
  end: (ending: Ending) => void,
): Promise<void> {
  for await (const { type } of messages.status()) {
    const isLost = type === 'heartbeats_missed' || type === 'no_responders';
    if (isLost || type.endsWith('_not_found') || type.endsWith('_deleted')) end('interrupted');
  }
}
