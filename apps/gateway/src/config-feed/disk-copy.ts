import { appendFile, mkdir, open, readFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { RevisionChange } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import { copyKey, decodeFrame, encodeFrame, splitFrames } from './snapshot-frames.ts';
import type { RevisionPart } from './snapshot-frames.ts';

export interface DiskCopyOptions {
  readonly directory: string;
  /** Written under the first; a copy that was written before keys were rotated opens with another. */
  readonly sealingKeys: readonly [Uint8Array, ...Uint8Array[]];
  readonly logger: Logger;
  /** Differences appended before the file is written anew as a whole. */
  readonly appendsMax?: number;
}

const VALUES_PER_FRAME = 500;

/**
 * The last good configuration on disk, encrypted and readable by the owner alone: what a node starts
 * from when NATS is away. A whole revision is written to a new file and renamed into place; a
 * difference is appended. All of it happens off the request path, and a failure only costs the copy.
 */
export class DiskCopy {
  readonly #options: DiskCopyOptions;
  readonly #file: string;
  readonly #key: Uint8Array;
  readonly #previousKeys: readonly Uint8Array[];
  #writing: Promise<void> = Promise.resolve();
  #frames = 0;
  #appends = 0;
  /** False until a whole revision is on disk: a difference alone would be of no use. */
  #hasBase = false;

  constructor(options: DiskCopyOptions) {
    this.#options = options;
    this.#file = join(options.directory, 'snapshot.copy');
    const [current, ...previous] = options.sealingKeys;
    this.#key = copyKey(current);
    this.#previousKeys = previous.map(copyKey);
  }

  /** Call with every revision that was applied; returns at once. */
  keep(change: RevisionChange): void {
    this.#writing = this.#writing
      .then(() => this.#write(change))
      .catch((error: unknown) => {
        this.#hasBase = false;
        this.#options.logger.warn(
          { err: error },
          'Cannot keep a copy of the configuration on disk',
        );
      });
  }

  /** The configuration as it was kept, as one whole revision; `null` when there is none to trust. */
  async load(): Promise<RevisionChange | null> {
    try {
      return await this.#read();
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.#options.logger.error({ err: error }, 'The copy of the configuration cannot be used');
      }
      return null;
    }
  }

  settled(): Promise<void> {
    return this.#writing;
  }

  async #write(change: RevisionChange): Promise<void> {
    if (change.complete) {
      await this.#replace(change);
      return;
    }
    if (!this.#hasBase) return;
    for (const part of partsOf(change)) {
      await appendFile(this.#file, await encodeFrame(part, this.#frames, this.#key));
      this.#frames += 1;
    }
    this.#appends += 1;
    if (this.#appends >= (this.#options.appendsMax ?? 5_000)) await this.#compact();
  }

  async #compact(): Promise<void> {
    const whole = await this.#read();
    if (whole !== null) await this.#replace(whole);
  }

  async #replace(change: RevisionChange): Promise<void> {
    await mkdir(this.#options.directory, { recursive: true, mode: 0o700 });
    const next = await open(`${this.#file}.next`, 'w', 0o600);
    let frames = 0;
    try {
      for (const part of partsOf(change)) {
        await next.write(await encodeFrame(part, frames, this.#key));
        frames += 1;
      }
      await next.sync();
    } finally {
      await next.close();
    }
    await rename(`${this.#file}.next`, this.#file);
    this.#frames = frames;
    this.#appends = 0;
    this.#hasBase = true;
  }

  /** The file names no key; a whole file is under one, so its first frame tells. */
  async #keyOf(frame: Buffer | undefined): Promise<Uint8Array> {
    if (frame === undefined) return this.#key;
    for (const key of this.#previousKeys) {
      const opened = decodeFrame(frame, 0, key);
      const isUnder = await opened.then(
        () => true,
        () => false,
      );
      if (isUnder) return key;
    }
    return this.#key;
  }

  async #read(): Promise<RevisionChange | null> {
    const values = new Map<string, string | null>();
    let pending: (readonly [string, string | null])[] = [];
    let newest: RevisionPart | null = null;
    const frames = splitFrames(await readFile(this.#file));
    const key = await this.#keyOf(frames[0]);
    for (const [place, frame] of frames.entries()) {
      const part = await decodeFrame(frame, place, key);
      pending.push(...part.values);
      if (!part.last) continue;
      for (const [key, value] of pending) {
        if (value === null) values.delete(key);
        else values.set(key, value);
      }
      pending = [];
      newest = part;
    }
    if (newest === null) return null;
    const { revision, publishedAtMs } = newest;
    return { revision, publishedAtMs, complete: true, values };
  }
}

function* partsOf(change: RevisionChange): Generator<RevisionPart> {
  const { revision, publishedAtMs, complete } = change;
  let values: (readonly [string, string | null])[] = [];
  for (const entry of change.values) {
    if (values.length === VALUES_PER_FRAME) {
      yield { revision, publishedAtMs, complete, last: false, values };
      values = [];
    }
    values.push(entry);
  }
  yield { revision, publishedAtMs, complete, last: true, values };
}
