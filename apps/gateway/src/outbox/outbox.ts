import { RECORD_FORMAT } from '@portico/contracts';
import type { LossMarker, RequestRecord } from '@portico/contracts';
import { encodeBatch } from '@portico/messaging';
import type { RecordPublisher } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import type { EncodedBatch } from './encoded-batch.ts';
import type { Journal } from './journal.ts';
import type { LeftBehind } from './left-behind.ts';
import { LossLedger } from './loss-ledger.ts';
import { RecordQueue } from './record-queue.ts';
import { replay } from './replay.ts';
import type { Spill } from './spill.ts';

export interface OutboxOptions {
  /** Names this process's sequence: unique per process start, or sequences would repeat. */
  readonly node: string;
  readonly publisher: RecordPublisher;
  readonly logger: Logger;
  readonly bytesMax: number;
  readonly spill: Spill | null;
  /** Without one, what a kill costs is counted nowhere. */
  readonly journal?: Journal;
  readonly leftBehind?: LeftBehind;
  readonly flushEveryMs?: number;
  readonly retryAfterMs?: number;
}

const BATCH_RECORDS_MAX = 200;
const BATCH_BYTES_MAX = 256 * 1024;
const IN_FLIGHT_MAX = 32;
const ATTEMPTS_BEFORE_SPILL = 2;

/**
 * What happened, on its way to the record stream. Adding never waits and never fails; a batch, once
 * formed, is sent with the same id until it is stored, so that it arrives exactly once.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  readonly #losses: LossLedger;
  readonly #queue: RecordQueue;
  readonly #timer: NodeJS.Timeout;
  /** Formed, and neither in the stream nor on disk yet. */
  readonly #inFlight = new Set<EncodedBatch>();
  #sequence = 0;
  /** True from the first failed publish to the next successful one: batches then go to disk. */
  #isAway = false;
  #isReplaying = false;
  #isStopped = false;

  constructor(options: OutboxOptions) {
    this.#options = options;
    this.#losses = new LossLedger(options.node);
    this.#queue = new RecordQueue(options.bytesMax, this.#losses);
    options.journal?.follow(() => ({
      queued: this.#queue,
      losses: this.#losses.open,
      batches: this.#inFlight,
    }));
    this.#timer = setInterval(() => this.#flush(), options.flushEveryMs ?? 100);
  }

  get node(): string {
    return this.#options.node;
  }

  get depth(): number {
    return this.#queue.length;
  }

  get bytes(): number {
    return this.#queue.bytes;
  }

  get lost(): number {
    return this.#losses.total;
  }

  get shedBodies(): number {
    return this.#queue.shedBodies;
  }

  get spilledBytes(): number {
    return this.#options.spill?.bytes ?? 0;
  }

  /** Gives the record its number; from here on it is stored, or counted as lost. */
  add(record: RequestRecord): void {
    this.#sequence += 1;
    record.sequence = this.#sequence;
    this.#queue.push(record);
    this.#options.journal?.added(record);
    if (this.#queue.length >= BATCH_RECORDS_MAX || this.#queue.bytes >= BATCH_BYTES_MAX)
      this.#pump();
  }

  /** Sends what there is, and waits for it, at most so long; the rest goes to disk or is counted. */
  async stop(withinMs: number): Promise<void> {
    clearInterval(this.#timer);
    const giveUpAt = performance.now() + withinMs;
    while (!this.#isDone() && performance.now() < giveUpAt) {
      this.#flush();
      await new Promise((later) => setTimeout(later, 5));
    }
    this.#isStopped = true;
    const isDone = this.#isDone();
    this.#queue.giveUp('shutdown');
    this.#options.journal?.close();
    if (isDone) return;
    this.#options.logger.error({ lost: this.lost }, 'Stopped with request records unsent');
  }

  #isDone(): boolean {
    return this.#queue.length === 0 && this.#losses.isEmpty && this.#inFlight.size === 0;
  }

  #flush(): void {
    this.#pump();
    const isDue = this.#queue.length > 0 || !this.#losses.isEmpty;
    if (isDue && this.#inFlight.size < IN_FLIGHT_MAX) this.#sendNext();
    void this.#replay();
  }

  #pump(): void {
    while (
      this.#inFlight.size < IN_FLIGHT_MAX &&
      (this.#queue.length >= BATCH_RECORDS_MAX || this.#queue.bytes >= BATCH_BYTES_MAX)
    ) {
      this.#sendNext();
    }
  }

  #sendNext(): void {
    const records = this.#queue.take(BATCH_RECORDS_MAX, BATCH_BYTES_MAX);
    const losses = this.#losses.take();
    // What waits for the stream's answer is the batch; the records are let go.
    const batch = this.#encode(records, losses);
    this.#inFlight.add(batch);
    if (losses.length > 0) this.#options.journal?.formedWithLosses();
    else this.#options.journal?.formed(batch, records.at(-1)?.sequence ?? 0);
    void this.#deliver(batch);
  }

  async #deliver(batch: EncodedBatch): Promise<void> {
    // One that a stop left undelivered stays in flight: the journal hands it on.
    if (!(await this.#store(batch))) return;
    this.#inFlight.delete(batch);
    this.#options.journal?.settled(batch.batchId);
    if (!this.#isStopped) this.#pump();
  }

  #encode(records: RequestRecord[], losses: LossMarker[]): EncodedBatch {
    const { node } = this.#options;
    const batchId = batchIdOf(node, records, losses);
    const payload = encodeBatch({
      format: RECORD_FORMAT,
      batch_id: batchId,
      node,
      records,
      losses,
    });
    return { node, batchId, payload };
  }

  /** Until it is stored somewhere: in the stream, or, while that is away, on disk. False = stopped. */
  async #store(batch: EncodedBatch): Promise<boolean> {
    for (let attempt = 1; ; attempt += 1) {
      if (!this.#isAway || this.#options.spill === null) {
        if (await this.#publish(batch)) return true;
      }
      const mayEnough = this.#isAway || attempt >= ATTEMPTS_BEFORE_SPILL || this.#isStopped;
      if (mayEnough && (await this.#spill(batch))) return true;
      if (this.#isStopped) return false;
      await new Promise((later) => setTimeout(later, this.#retryAfterMs(attempt)));
    }
  }

  async #publish({ node, batchId, payload }: EncodedBatch): Promise<boolean> {
    try {
      await this.#options.publisher.publish(node, batchId, payload);
      this.#isAway = false;
      return true;
    } catch (error) {
      if (!this.#isAway) {
        this.#options.logger.warn(
          { err: error },
          'The record stream is away; keeping records here',
        );
      }
      this.#isAway = true;
      return false;
    }
  }

  async #spill({ node, batchId, payload }: EncodedBatch): Promise<boolean> {
    return (await this.#options.spill?.put(node, batchId, payload)) ?? false;
  }

  /** Sends what is on disk, oldest first; one success also says that the stream is back. */
  async #replay(): Promise<void> {
    const { leftBehind, spill } = this.#options;
    if (this.#isReplaying) return;
    this.#isReplaying = true;
    const publish = (batch: EncodedBatch): Promise<boolean> => this.#publish(batch);
    try {
      if (leftBehind !== undefined) await replay(leftBehind, publish);
      if (spill !== null) await replay(spill, publish);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'Replaying records from disk failed; trying again');
    } finally {
      this.#isReplaying = false;
    }
  }

  #retryAfterMs(attempt: number): number {
    return Math.min(5_000, (this.#options.retryAfterMs ?? 200) * 2 ** Math.min(attempt - 1, 6));
  }
}

function batchIdOf(
  node: string,
  records: readonly RequestRecord[],
  losses: readonly LossMarker[],
): string {
  const first = records[0]?.sequence ?? losses[0]?.from_sequence ?? 0;
  const last = records.at(-1)?.sequence ?? losses.at(-1)?.to_sequence ?? 0;
  return `${node}-${first}-${last}${records.length === 0 ? '-losses' : ''}`;
}
