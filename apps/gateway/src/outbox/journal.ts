import type { LossMarker, RequestRecord } from '@portico/contracts';
import { encodeFrame } from '../journal/frames.ts';
import { JournalFile } from '../journal/journal-file.ts';
import type { JournalFileOptions } from '../journal/journal-file.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import { JOURNAL_FORMAT } from './journal-entry.ts';
import type { JournalEntry } from './journal-entry.ts';

/** What has not arrived anywhere yet: all that a journal has to say. */
export interface Unsettled {
  readonly queued: Iterable<RequestRecord>;
  /** Counted, and not in a batch yet. */
  readonly losses: readonly LossMarker[];
  readonly batches: Iterable<EncodedBatch>;
}

/**
 * What a kill may cost uncounted. A turn of the event loop would be less, but a busy node answers
 * only two or three calls in one: a write for each would cost a call 2 to 3 µs in place of 1.
 */
const GATHER_MS = 1;

/**
 * Lets the process after a killed one send its batches and count its other records (`LeftBehind`).
 * A line per record, those of a millisecond in one write; each batch before it is published.
 */
export class Journal {
  readonly #file: JournalFile;
  #unsettled: () => Unsettled = () => ({ queued: [], losses: [], batches: [] });
  #added: (number | string | null)[] = [];
  #settled: string[] = [];
  #isGathering = false;

  constructor(options: Omit<JournalFileOptions, 'subject'>) {
    const statement = (): Uint8Array[] => {
      this.#forgetNews();
      return statementOf(options.node, this.#unsettled());
    };
    this.#file = new JournalFile({ ...options, subject: 'request records' }, statement);
  }

  /** Whom to ask what is unsettled; before anything else. */
  follow(unsettled: () => Unsettled): void {
    this.#unsettled = unsettled;
  }

  get bytes(): number {
    return this.#file.bytes;
  }

  /** How often the disk refused, or there was more unsettled than fits. */
  get failures(): number {
    return this.#file.failures;
  }

  added(record: RequestRecord): void {
    this.#added.push(record.sequence, record.timestamp_ms, record.client_id);
    if (!this.#isGathering) this.#gather();
  }

  /** Call before it is published. `last`: no record up to it waits for a later batch. */
  formed({ batchId, payload }: EncodedBatch, last: number): void {
    const batch = encodeFrame<JournalEntry>({ kind: 'batch', batchId, last }, payload);
    this.#file.append([...this.#newsFrames(), ...batch]);
  }

  /** For a batch that reports losses: which lines they were, only a new file can say. */
  formedWithLosses(): void {
    this.#forgetNews();
    this.#file.restate();
  }

  settled(batchId: string): void {
    this.#settled.push(batchId);
    if (!this.#isGathering) this.#gather();
  }

  /** Leaves a file only where something is unsettled. Nothing is written after it. */
  close(): void {
    const { queued, losses, batches } = this.#unsettled();
    this.#file.close(losses.length > 0 || !isEmpty(queued) || !isEmpty(batches));
  }

  #gather(): void {
    this.#isGathering = true;
    setTimeout(() => {
      this.#isGathering = false;
      const news = this.#newsFrames();
      if (news.length > 0) this.#file.append(news);
    }, GATHER_MS);
  }

  #newsFrames(): Uint8Array[] {
    const added = this.#added;
    const settled = this.#settled;
    if (added.length === 0 && settled.length === 0) return [];
    this.#forgetNews();
    return encodeFrame<JournalEntry>({ kind: 'news', added, settled });
  }

  #forgetNews(): void {
    this.#added = [];
    this.#settled = [];
  }
}

/** Batches first: the lines after them are all of records that are in none, and make it whole. */
function statementOf(node: string, { queued, losses, batches }: Unsettled): Uint8Array[] {
  const entry = (it: JournalEntry, payload?: Uint8Array) => encodeFrame(it, payload);
  const added: (number | string | null)[] = [];
  for (const record of queued) added.push(record.sequence, record.timestamp_ms, record.client_id);
  const frames = entry({ kind: 'journal', format: JOURNAL_FORMAT, node });
  if (losses.length > 0) frames.push(...entry({ kind: 'losses', losses }));
  for (const { batchId, payload } of batches) {
    frames.push(...entry({ kind: 'batch', batchId, last: 0 }, payload));
  }
  frames.push(...entry({ kind: 'news', added, settled: [] }));
  return frames;
}

function isEmpty(values: Iterable<unknown>): boolean {
  for (const _value of values) return false;
  return true;
}
