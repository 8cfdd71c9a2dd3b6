import type { LossMarker, RequestRecord } from '@portico/contracts';
import type { LossLedger } from './loss-ledger.ts';

interface Queued {
  readonly record: RequestRecord;
  bytes: number;
}

const RECORD_BYTES = 900;
const HEADER_BYTES = 48;

/** Near enough for a bound on memory; measuring exactly would cost more than packing the record. */
const sizeOf = (record: RequestRecord): number =>
  RECORD_BYTES +
  HEADER_BYTES * (record.request_headers.length + record.response_headers.length) +
  bodyBytes(record);

const bodyBytes = (record: RequestRecord): number =>
  (record.request_body?.length ?? 0) + (record.response_body?.length ?? 0);

/**
 * Records waiting to be sent, in order, bounded in bytes. Over the bound it sheds: first bodies, then
 * the metadata of calls that went well; what tells of a failure (4xx, 5xx) is never given up.
 */
export class RecordQueue {
  readonly #bytesMax: number;
  readonly #losses: LossLedger;
  #queued: Queued[] = [];
  #head = 0;
  #bytes = 0;
  #shedBodies = 0;

  constructor(bytesMax: number, losses: LossLedger) {
    this.#bytesMax = bytesMax;
    this.#losses = losses;
  }

  get length(): number {
    return this.#queued.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** Bodies given up to keep the records they belonged to. */
  get shedBodies(): number {
    return this.#shedBodies;
  }

  /** What waits, oldest first. */
  *[Symbol.iterator](): Generator<RequestRecord> {
    for (let at = this.#head; at < this.#queued.length; at += 1) {
      yield (this.#queued[at] as Queued).record;
    }
  }

  push(record: RequestRecord): void {
    const bytes = sizeOf(record);
    this.#queued.push({ record, bytes });
    this.#bytes += bytes;
    if (this.#bytes > this.#bytesMax) this.#shed();
  }

  /** The oldest records, at most so many and so large together, at least one. */
  take(countMax: number, bytesMax: number): RequestRecord[] {
    const taken: RequestRecord[] = [];
    let bytes = 0;
    while (this.#head < this.#queued.length && taken.length < countMax) {
      const next = this.#queued[this.#head] as Queued;
      if (taken.length > 0 && bytes + next.bytes > bytesMax) break;
      taken.push(next.record);
      bytes += next.bytes;
      this.#head += 1;
    }
    this.#bytes -= bytes;
    this.#compact();
    return taken;
  }

  /** Counts everything that is left as lost. */
  giveUp(reason: LossMarker['reason']): void {
    for (const { record } of this.#queued.slice(this.#head)) this.#losses.add(record, reason);
    this.#queued = [];
    this.#head = 0;
    this.#bytes = 0;
  }

  /** Down to 90 % of the bound, so that the next record does not start all over. */
  #shed(): void {
    const goal = this.#bytesMax * 0.9;
    for (let at = this.#head; at < this.#queued.length && this.#bytes > goal; at += 1) {
      this.#dropBodies(this.#queued[at] as Queued);
    }
    if (this.#bytes <= goal) return;
    const kept: Queued[] = [];
    for (const entry of this.#queued.slice(this.#head)) {
      if (this.#bytes > goal && entry.record.status < 400) this.#lose(entry);
      else kept.push(entry);
    }
    this.#queued = kept;
    this.#head = 0;
  }

  #dropBodies(entry: Queued): void {
    const bytes = bodyBytes(entry.record);
    if (bytes === 0) return;
    entry.record.request_body = null;
    entry.record.response_body = null;
    entry.record.truncated = true;
    entry.bytes -= bytes;
    this.#bytes -= bytes;
    this.#shedBodies += 1;
  }

  #lose(entry: Queued): void {
    this.#bytes -= entry.bytes;
    this.#losses.add(entry.record, 'buffer_full');
  }

  /** What was taken must not be held: it would outlive its batch, and be moved by every collection. */
  #compact(): void {
    if (this.#head * 2 < this.#queued.length) return;
    this.#queued = this.#queued.slice(this.#head);
    this.#head = 0;
  }
}
