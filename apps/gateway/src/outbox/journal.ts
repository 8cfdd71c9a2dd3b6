import { close, closeSync, openSync, rmSync, unlink, writevSync } from 'node:fs';
import { join } from 'node:path';
import type { LossMarker, RequestRecord } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { EncodedBatch } from './encoded-batch.ts';
import { encodeFrame, JOURNAL_FORMAT } from './journal-frames.ts';
import { journalName } from './journal-name.ts';

export interface JournalOptions {
  readonly directory: string;
  readonly node: string;
  readonly logger: Logger;
  /** What it may take on disk, the moment of its rewriting included. */
  readonly bytesMax: number;
  /** How much is appended at least before the journal is written anew. */
  readonly appendBytes?: number;
  readonly retryAfterMs?: number;
}

/** What has not arrived anywhere yet: all that a journal has to say. */
export interface Unsettled {
  readonly queued: Iterable<RequestRecord>;
  /** Counted, and not in a batch yet. */
  readonly losses: readonly LossMarker[];
  readonly batches: Iterable<EncodedBatch>;
}

/**
 * Lets the process after a killed one send its batches and count its other records (`LeftBehind`).
 * A line per record, those of a millisecond in one write; each batch before it is published. The
 * writes are synchronous, because what a process has handed to the kernel outlives its kill, and
 * not forced to the disk, because the machine going down is not what this is for.
 *
 * Once as much was appended as was unsettled (at least `appendBytes`), a new file says what is
 * unsettled now, and the old one goes. So it stays small, and one whole file is always there.
 */
export class Journal {
  /** Of all nodes in this process: by its id alone they are not told from those it had before. */
  static readonly #openPaths = new Set<string>();
  readonly #options: JournalOptions;
  #unsettled: () => Unsettled = () => ({ queued: [], losses: [], batches: [] });
  #added: (number | string | null)[] = [];
  #settled: string[] = [];
  #isGathering = false;
  /** `null` before the first write, after a failed one, and after the end. */
  #file: OpenFile | null = null;
  #generation = 0;
  /** Files before it that are being deleted. */
  readonly #replaced = new Set<string>();
  #bytes = 0;
  #rewriteAtBytes = 0;
  #failures = 0;
  #retryAtMs = 0;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
  }

  /** True when a node of this very process is writing it. */
  static isOpenHere(path: string): boolean {
    return Journal.#openPaths.has(path);
  }

  /** Whom to ask what is unsettled; before anything else. */
  follow(unsettled: () => Unsettled): void {
    this.#unsettled = unsettled;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How often the disk refused, or there was more unsettled than fits. */
  get failures(): number {
    return this.#failures;
  }

  added(record: RequestRecord): void {
    this.#added.push(record.sequence, record.timestamp_ms, record.client_id);
    if (!this.#isGathering) this.#gather();
  }

  /** Call before it is published. `last`: no record up to it waits for a later batch. */
  formed(batch: EncodedBatch, last: number): void {
    const { batchId, payload } = batch;
    this.#write(() => [
      ...this.#newsFrames(),
      ...encodeFrame({ kind: 'batch', batchId, last }, payload),
    ]);
  }

  /** For a batch that reports losses: which lines they were, only a new file can say. */
  formedWithLosses(): void {
    this.#carefully(() => this.#rewrite());
  }

  settled(batchId: string): void {
    this.#settled.push(batchId);
    if (!this.#isGathering) this.#gather();
  }

  /** Leaves a file only where something is unsettled. Nothing is written after it. */
  close(): void {
    if (this.#isClosed) return;
    const { queued, losses, batches } = this.#unsettled();
    this.#retryAtMs = 0;
    if (losses.length > 0 || !isEmpty(queued) || !isEmpty(batches)) {
      this.#carefully(() => this.#rewrite());
      this.#letGo();
    } else if (this.#file !== null) {
      this.#discard(this.#file.path);
    }
    this.#isClosed = true;
  }

  #gather(): void {
    this.#isGathering = true;
    setTimeout(() => {
      this.#isGathering = false;
      const isNothingNew = this.#added.length === 0 && this.#settled.length === 0;
      if (!isNothingNew) this.#write(() => this.#newsFrames());
    }, GATHER_MS);
  }

  #newsFrames(): Uint8Array[] {
    const added = this.#added;
    const settled = this.#settled;
    if (added.length === 0 && settled.length === 0) return [];
    this.#forgetNews();
    return encodeFrame({ kind: 'news', added, settled });
  }

  #forgetNews(): void {
    this.#added = [];
    this.#settled = [];
  }

  #write(frames: () => Uint8Array[]): void {
    this.#carefully(() => {
      const next = frames();
      const isFull = this.#bytes + lengthOf(next) > this.#rewriteAtBytes;
      if (this.#file === null || isFull) this.#rewrite();
      else this.#bytes += writeWhole(this.#file.descriptor, next);
    });
  }

  /**
   * Into a file of its own: a start takes the newest that is whole, so a kill in between costs
   * nothing. Not renamed over the old one, for which file systems write to the disk first and wait.
   */
  #rewrite(): void {
    this.#forgetNews();
    const { directory, node, bytesMax, appendBytes = APPEND_BYTES } = this.#options;
    const frames = statement(node, this.#unsettled());
    const bytes = lengthOf(frames);
    // The file before it, which may have become twice as large as it began, is still there.
    if (bytes * 3 > bytesMax) throw new Error('More is unsettled than the journal may hold');
    const name = journalName({ pid: process.pid, node, generation: this.#generation + 1 });
    const next = create(join(directory, name), frames);
    const previous = this.#letGo();
    if (previous !== null) this.#deleteReplaced(previous.path);
    this.#file = next;
    this.#generation += 1;
    this.#bytes = bytes;
    this.#rewriteAtBytes = bytes + Math.max(bytes, Math.min(appendBytes, bytesMax / 3));
    Journal.#openPaths.add(next.path);
  }

  #deleteReplaced(path: string): void {
    this.#replaced.add(path);
    unlink(path, (error) => {
      if (error === null) this.#replaced.delete(path);
    });
  }

  /** A failure costs the journal, for a while, and nothing else. */
  #carefully(write: () => void): void {
    if (this.#isClosed || performance.now() < this.#retryAtMs) return this.#forgetNews();
    try {
      write();
      if (this.#retryAtMs > 0) this.#options.logger.info('The journal of records is kept again');
      this.#retryAtMs = 0;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    this.#failures += 1;
    if (this.#retryAtMs === 0) {
      this.#options.logger.error(
        { err: error },
        'Cannot keep the journal of records: what a kill costs now is counted nowhere',
      );
    }
    this.#retryAtMs = performance.now() + (this.#options.retryAfterMs ?? RETRY_AFTER_MS);
    this.#forgetNews();
    if (this.#file !== null) this.#discard(this.#file.path);
  }

  /** Goes whole: lines without the batches after them would be counted as losses that never were. */
  #discard(path: string): void {
    this.#letGo();
    // What it replaced goes first: alone it would be taken for what is unsettled.
    for (const each of [...this.#replaced, path]) quietly(() => rmSync(each, { force: true }));
  }

  #letGo(): OpenFile | null {
    const file = this.#file;
    this.#file = null;
    this.#bytes = 0;
    if (file === null) return null;
    Journal.#openPaths.delete(file.path);
    // On the thread pool: the last one to close a deleted file is who frees what it held.
    close(file.descriptor, () => undefined);
    return file;
  }
}

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
}

/**
 * What a kill may cost uncounted. A turn of the event loop would be less, but a busy node answers
 * only two or three calls in one: a write for each would cost a call 2 to 3 µs in place of 1.
 */
const GATHER_MS = 1;
const APPEND_BYTES = 1024 * 1024;
const RETRY_AFTER_MS = 10_000;

/** Batches first: the lines after them are all of records that are in none, and make it whole. */
function statement(node: string, { queued, losses, batches }: Unsettled): Uint8Array[] {
  const added: (number | string | null)[] = [];
  for (const record of queued) added.push(record.sequence, record.timestamp_ms, record.client_id);
  const frames = encodeFrame({ kind: 'journal', format: JOURNAL_FORMAT, node });
  if (losses.length > 0) frames.push(...encodeFrame({ kind: 'losses', losses }));
  for (const { batchId, payload } of batches) {
    frames.push(...encodeFrame({ kind: 'batch', batchId, last: 0 }, payload));
  }
  frames.push(...encodeFrame({ kind: 'news', added, settled: [] }));
  return frames;
}

/** Leaves nothing behind when it cannot be written whole. */
function create(path: string, frames: Uint8Array[]): OpenFile {
  const descriptor = openSync(path, 'w', 0o600);
  try {
    writeWhole(descriptor, frames);
    return { path, descriptor };
  } catch (error) {
    quietly(() => closeSync(descriptor));
    quietly(() => rmSync(path, { force: true }));
    throw error;
  }
}

/** For what there is nothing left to do about: a disk that does not even close or delete. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // The journal is off by now, and that was reported.
  }
}

function writeWhole(file: number, frames: Uint8Array[]): number {
  const bytes = lengthOf(frames);
  // A full disk takes what still fits and says so by the count alone.
  if (writevSync(file, frames) !== bytes) throw new Error('The disk took only a part');
  return bytes;
}

const lengthOf = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, frame) => sum + frame.length, 0);

function isEmpty(values: Iterable<unknown>): boolean {
  for (const _value of values) return false;
  return true;
}
