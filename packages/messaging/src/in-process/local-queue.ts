import { deliver, type BatchHandler } from '../records/delivery.ts';
import type { DeadLetters, ParkedBatch, Subscription } from '../ports.ts';
import type { FeedLogger, WorkQueue } from '../transport.ts';

/** How many ids are remembered to recognise a repeated publish. */
const REMEMBERED_IDS_MAX = 10_000;

interface Waiting {
  readonly batchId: string;
  readonly payload: Uint8Array;
  attempt: number;
}

interface Consumer {
  readonly handler: BatchHandler;
  readonly maxInFlight: number;
  readonly running: Set<Promise<void>>;
}

export interface LocalQueueOptions {
  readonly name: ParkedBatch['from'];
  /** A publish that does not fit is refused, so that its sender notices. */
  readonly bytesMax: number;
  readonly deadLetters: LocalDeadLetters;
  readonly logger: FeedLogger;
}

/** A work queue within the process: at least once, bounded, gone with the process. */
export class LocalQueue implements WorkQueue {
  readonly #options: LocalQueueOptions;
  readonly #waiting: Waiting[] = [];
  readonly #remembered = new Set<string>();
  readonly #consumers = new Set<Consumer>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #bytes = 0;
  #isClosed = false;

  constructor(options: LocalQueueOptions) {
    this.#options = options;
  }

  async publish(_node: string, batchId: string, payload: Uint8Array): Promise<void> {
    if (this.#isClosed) throw new Error('The feed is closed');
    if (this.#remembered.has(batchId)) return;
    if (this.#bytes + payload.byteLength > this.#options.bytesMax) {
      throw new Error(`The ${this.#options.name} queue is full`);
    }
    this.#remember(batchId);
    this.#bytes += payload.byteLength;
    this.#offer({ batchId, payload: payload.slice(), attempt: 1 });
  }

  consume(handler: BatchHandler, options: { maxInFlight: number }): Promise<Subscription> {
    const consumer: Consumer = { handler, maxInFlight: options.maxInFlight, running: new Set() };
    this.#consumers.add(consumer);
    this.#dispatchSoon();
    return Promise.resolve({
      stop: async () => {
        this.#consumers.delete(consumer);
        if (this.#consumers.size === 0) await this.#takeAlong(consumer);
        await Promise.all(consumer.running);
      },
    });
  }

  /**
   * The last consumer takes what waits when it stops: nobody else will, and the process is about to
   * end. A gateway that stopped just before has flushed its last records into here.
   */
  async #takeAlong(consumer: Consumer): Promise<void> {
    for (const batch of this.#waiting.splice(0)) {
      while (consumer.running.size >= consumer.maxInFlight) await Promise.race(consumer.running);
      this.#start(consumer, batch);
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    const running = [...this.#consumers].flatMap((consumer) => [...consumer.running]);
    this.#consumers.clear();
    await Promise.all(running);
    for (const timer of this.#retries) clearTimeout(timer);
    const { name, logger } = this.#options;
    const lost = this.#waiting.length + this.#retries.size;
    if (lost > 0) logger.error({ queue: name, lost }, 'Closed with batches that nobody stored');
  }

  #remember(batchId: string): void {
    this.#remembered.add(batchId);
    if (this.#remembered.size <= REMEMBERED_IDS_MAX) return;
    const [oldest] = this.#remembered;
    this.#remembered.delete(oldest!);
  }

  #offer(batch: Waiting): void {
    this.#waiting.push(batch);
    this.#dispatchSoon();
  }

  #dispatchSoon(): void {
    setImmediate(() => this.#dispatch());
  }

  #dispatch(): void {
    for (const consumer of this.#consumers) {
      while (consumer.running.size < consumer.maxInFlight) {
        const batch = this.#waiting.shift();
        if (batch === undefined) return;
        this.#start(consumer, batch);
      }
    }
  }

  #start(consumer: Consumer, batch: Waiting): void {
    const run = this.#run(consumer, batch).finally(() => {
      consumer.running.delete(run);
      this.#dispatchSoon();
    });
    consumer.running.add(run);
  }

  async #run({ handler }: Consumer, batch: Waiting): Promise<void> {
    const { name, deadLetters, logger } = this.#options;
    const err = await deliver(handler, batch, {
      ack: () => this.#forget(batch),
      retry: (delayMs) => this.#retry(batch, delayMs),
      park: (reason) => {
        this.#forget(batch);
        deadLetters.add({ batchId: batch.batchId, payload: batch.payload, from: name, reason });
        return Promise.resolve();
      },
    });
    if (err !== undefined) logger.warn({ err, batchId: batch.batchId }, 'A batch was not handled');
  }

  #forget(batch: Waiting): void {
    this.#bytes -= batch.payload.byteLength;
  }

  #retry(batch: Waiting, delayMs: number): void {
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      this.#offer({ ...batch, attempt: batch.attempt + 1 });
    }, delayMs);
    this.#retries.add(timer);
  }
}

/** The newest parked batches; older ones make room. */
export class LocalDeadLetters implements DeadLetters {
  readonly #parked: ParkedBatch[] = [];
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  add(batch: ParkedBatch): void {
    this.#parked.push(batch);
    if (this.#parked.length > this.#countMax) this.#parked.shift();
  }

  list(limit: number): Promise<readonly ParkedBatch[]> {
    return Promise.resolve(this.#parked.slice(0, limit));
  }
}
