import { closeSync, openSync, renameSync, rmSync, writevSync } from 'node:fs';
import { join } from 'node:path';
import type { LossMarker, RequestRecord } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { EncodedBatch } from './encoded-batch.ts';
import { encodeFrame, JOURNAL_FORMAT } from './journal-frames.ts';
import { journalName, NEXT_SUFFIX } from './journal-name.ts';

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
 * A line per record, one write per turn of the event loop; each batch before it is published. The
 * writes are synchronous, because what a process has handed to the kernel outlives its kill, and
 * not forced to the disk, because the machine going down is not what this is for.
 *
 * Once as much was appended as was unsettled (at least `appendBytes`), the file is replaced by one
 * that says what is unsettled now. So it stays small, and always is one whole file.
 */
export class Journal {
  /** Of all nodes in this process: by its id alone they are not told from those it had before. */
  static readonly #openPaths = new Set<string>();
  readonly #options: JournalOptions;
  readonly #path: string;
  #unsettled: () => Unsettled = () => ({ queued: [], losses: [], batches: [] });
  #added: (number | string | null)[] = [];
  #settled: string[] = [];
  #isTurnOpen = false;
  /** `null` before the first write, after a failed one, and after the end. */
  #file: number | null = null;
  #bytes = 0;
  #rewriteAtBytes = 0;
  #failures = 0;
  #retryAtMs = 0;
  #isClosed = false;

  constructor(options: JournalOptions) {
    this.#options = options;
    this.#path = join(options.directory, journalName(process.pid, options.node));
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
    if (!this.#isTurnOpen) this.#openTurn();
  }

  /** Call before it is published. `last`: no record up to it waits for a later batch. */
  formed(batch: EncodedBatch, last: number): void {
    const { batchId, payload } = batch;
    this.#write(() => [
      ...this.#turnFrames(),
      ...encodeFrame({ kind: 'batch', batchId, last }, payload),
    ]);
  }

  /** For a batch that reports losses: which lines they were, only a new file can say. */
  formedWithLosses(): void {
    this.#carefully(() => this.#rewrite());
  }

  settled(batchId: string): void {
    this.#settled.push(batchId);
    if (!this.#isTurnOpen) this.#openTurn();
  }

  /** Leaves a file only where something is unsettled. Nothing is written after it. */
  close(): void {
    if (this.#isClosed) return;
    const { queued, losses, batches } = this.#unsettled();
    this.#retryAtMs = 0;
    if (losses.length > 0 || !isEmpty(queued) || !isEmpty(batches)) {
      this.#carefully(() => this.#rewrite());
      this.#closeFile();
    } else if (this.#file !== null) {
      this.#discard();
    }
    this.#isClosed = true;
  }

  #openTurn(): void {
    this.#isTurnOpen = true;
    setImmediate(() => {
      this.#isTurnOpen = false;
      if (this.#added.length > 0 || this.#settled.length > 0) this.#write(() => this.#turnFrames());
    });
  }

  #turnFrames(): Uint8Array[] {
    const added = this.#added;
    const settled = this.#settled;
    if (added.length === 0 && settled.length === 0) return [];
    this.#forgetTurn();
    return encodeFrame({ kind: 'turn', added, settled });
  }

  #forgetTurn(): void {
    this.#added = [];
    this.#settled = [];
  }

  #write(frames: () => Uint8Array[]): void {
    this.#carefully(() => {
      const next = frames();
      const isFull = this.#bytes + lengthOf(next) > this.#rewriteAtBytes;
      if (this.#file === null || isFull) this.#rewrite();
      else this.#bytes += writeWhole(this.#file, next);
    });
  }

  /** Into a new file that takes the old one's place at once: at no moment is there none, or half. */
  #rewrite(): void {
    this.#forgetTurn();
    const frames = statement(this.#options.node, this.#unsettled());
    const bytes = lengthOf(frames);
    const { bytesMax, appendBytes = APPEND_BYTES } = this.#options;
    // The file before it, which may have become twice as large as it began, is still there.
    if (bytes * 3 > bytesMax) throw new Error('More is unsettled than the journal may hold');
    const file = openSync(this.#path + NEXT_SUFFIX, 'w', 0o600);
    try {
      writeWhole(file, frames);
      renameSync(this.#path + NEXT_SUFFIX, this.#path);
    } catch (error) {
      quietly(() => closeSync(file));
      throw error;
    }
    this.#closeFile();
    this.#file = file;
    Journal.#openPaths.add(this.#path);
    this.#bytes = bytes;
    this.#rewriteAtBytes = bytes + Math.max(bytes, Math.min(appendBytes, bytesMax / 3));
  }

  /** A failure costs the journal, for a while, and nothing else. */
  #carefully(write: () => void): void {
    if (this.#isClosed || performance.now() < this.#retryAtMs) return this.#forgetTurn();
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
    this.#forgetTurn();
    this.#discard();
  }

  /** Goes whole: lines without the batches after them would be counted as losses that never were. */
  #discard(): void {
    this.#closeFile();
    for (const path of [this.#path, this.#path + NEXT_SUFFIX]) {
      quietly(() => rmSync(path, { force: true }));
    }
  }

  #closeFile(): void {
    const file = this.#file;
    this.#file = null;
    this.#bytes = 0;
    Journal.#openPaths.delete(this.#path);
    if (file !== null) quietly(() => closeSync(file));
  }
}

const APPEND_BYTES = 1024 * 1024;
const RETRY_AFTER_MS = 10_000;

/** Batches first: the lines after them are all of records that are in none. */
function statement(node: string, { queued, losses, batches }: Unsettled): Uint8Array[] {
  const added: (number | string | null)[] = [];
  for (const record of queued) added.push(record.sequence, record.timestamp_ms, record.client_id);
  const frames = encodeFrame({ kind: 'journal', format: JOURNAL_FORMAT, node });
  if (losses.length > 0) frames.push(...encodeFrame({ kind: 'losses', losses }));
  for (const { batchId, payload } of batches) {
    frames.push(...encodeFrame({ kind: 'batch', batchId, last: 0 }, payload));
  }
  frames.push(...encodeFrame({ kind: 'turn', added, settled: [] }));
  return frames;
}

/** For what there is nothing left to do about; a file that could not be deleted is replaced later. */
function quietly(act: () => void): void {
  try {
    act();
  } catch {
    // A disk that does not even close or delete.
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
