import { close, closeSync, openSync, rmSync, unlink, writevSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from '@portico/telemetry';
import { journalName } from './journal-name.ts';

export interface JournalFileOptions {
  readonly directory: string;
  readonly node: string;
  readonly logger: Logger;
  /** For the log: the journal of what. */
  readonly subject: string;
  /** What it may take on disk, the moment of its rewriting included. */
  readonly bytesMax: number;
  /** How much is appended at least before it is written anew. */
  readonly appendBytes?: number;
  readonly retryAfterMs?: number;
}

interface OpenFile {
  readonly path: string;
  readonly descriptor: number;
}

const APPEND_BYTES = 1024 * 1024;
const RETRY_AFTER_MS = 10_000;

/**
 * Begins with a statement of all that is unsettled, and goes on with news. The writes are synchronous,
 * because what a process has handed to the kernel outlives its kill, and not forced to the disk,
 * because the machine going down is not what this is for.
 *
 * Once as much was appended as was stated (at least `appendBytes`), a new file states what is
 * unsettled now, and the old one goes. So it stays small, and one whole file is always there.
 */
export class JournalFile {
  /** Of all nodes in this process: by its id alone they are not told from those it had before. */
  static readonly #openPaths = new Set<string>();
  readonly #options: JournalFileOptions;
  readonly #statement: () => Uint8Array[];
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

  constructor(options: JournalFileOptions, statement: () => Uint8Array[]) {
    this.#options = options;
    this.#statement = statement;
  }

  /** True when a node of this very process is writing it. */
  static isOpenHere(path: string): boolean {
    return JournalFile.#openPaths.has(path);
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** How often the disk refused, or there was more unsettled than fits. */
  get failures(): number {
    return this.#failures;
  }

  /** News which the statement would tell too, were it asked for now. */
  append(news: readonly Uint8Array[]): void {
    this.#carefully(() => {
      const isFull = this.#bytes + lengthOf(news) > this.#rewriteAtBytes;
      if (this.#file === null || isFull) this.#rewrite();
      else this.#bytes += writeWhole(this.#file.descriptor, news);
    });
  }

  /** For what news cannot tell. */
  restate(): void {
    this.#carefully(() => this.#rewrite());
  }

  /** Leaves a file only where something is unsettled. Nothing is written after it. */
  close(hasUnsettled: boolean): void {
    if (this.#isClosed) return;
    this.#retryAtMs = 0;
    if (hasUnsettled) {
      this.restate();
      this.#letGo();
    } else if (this.#file !== null) {
      this.#discard(this.#file.path);
    }
    this.#isClosed = true;
  }

  /**
   * Into a file of its own: a start takes the newest that is whole, so a kill in between costs
   * nothing. Not renamed over the old one, for which file systems write to the disk first and wait.
   */
  #rewrite(): void {
    const { directory, node, bytesMax, appendBytes = APPEND_BYTES } = this.#options;
    const frames = this.#statement();
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
    JournalFile.#openPaths.add(next.path);
  }

  #deleteReplaced(path: string): void {
    this.#replaced.add(path);
    unlink(path, (error) => {
      if (error === null) this.#replaced.delete(path);
    });
  }

  /** A failure costs the journal, for a while, and nothing else. */
  #carefully(write: () => void): void {
    if (this.#isClosed || performance.now() < this.#retryAtMs) return;
    const { logger, subject } = this.#options;
    try {
      write();
      if (this.#retryAtMs > 0) logger.info({ subject }, 'A journal is kept again');
      this.#retryAtMs = 0;
    } catch (error) {
      this.#failed(error);
    }
  }

  #failed(error: unknown): void {
    const { logger, subject, retryAfterMs = RETRY_AFTER_MS } = this.#options;
    this.#failures += 1;
    if (this.#retryAtMs === 0) {
      logger.error(
        { err: error, subject },
        'Cannot keep a journal: what a kill costs now is counted nowhere',
      );
    }
    this.#retryAtMs = performance.now() + retryAfterMs;
    if (this.#file !== null) this.#discard(this.#file.path);
  }

  /** Goes whole: one that ends too early would say that what came after it never was. */
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
    JournalFile.#openPaths.delete(file.path);
    // On the thread pool: the last one to close a deleted file is who frees what it held.
    close(file.descriptor, () => undefined);
    return file;
  }
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

function writeWhole(file: number, frames: readonly Uint8Array[]): number {
  const bytes = lengthOf(frames);
  // A full disk takes what still fits and says so by the count alone.
  if (writevSync(file, frames) !== bytes) throw new Error('The disk took only a part');
  return bytes;
}

const lengthOf = (frames: readonly Uint8Array[]): number =>
  frames.reduce((sum, frame) => sum + frame.length, 0);
