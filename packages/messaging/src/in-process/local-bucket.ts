import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Subscription } from '../ports.ts';
import type { Bucket, BucketEntry, BucketReader } from '../transport.ts';

/** The config bucket of a single process. */
export class LocalBucket implements Bucket {
  /** In the order of writing: a key that is written again moves to the end. */
  readonly #entries = new Map<string, BucketEntry>();
  readonly #followers = new Set<LocalFollower>();
  #sequence = 0;

  async put(entries: readonly Pick<BucketEntry, 'key' | 'text'>[]): Promise<readonly number[]> {
    const stored = entries.map(({ key, text }): BucketEntry => {
      this.#sequence += 1;
      return { key, text, sequence: this.#sequence };
    });
    for (const entry of stored) {
      this.#entries.delete(entry.key);
      this.#entries.set(entry.key, entry);
    }
    for (const follower of this.#followers) follower.push(stored);
    await nextTurn();
    return stored.map(({ sequence }) => sequence);
  }

  remove(entries: readonly Pick<BucketEntry, 'key' | 'sequence'>[]): Promise<void> {
    for (const { key, sequence } of entries) {
      const held = this.#entries.get(key);
      if (held !== undefined && held.sequence <= sequence) this.#entries.delete(key);
    }
    return Promise.resolve();
  }

  readAll(): Promise<readonly BucketEntry[]> {
    return Promise.resolve([...this.#entries.values()]);
  }

  follow(reader: BucketReader): Subscription {
    const follower = new LocalFollower(reader, () => [...this.#entries.values()]);
    this.#followers.add(follower);
    return {
      stop: () => {
        follower.stop();
        this.#followers.delete(follower);
        return Promise.resolve();
      },
    };
  }

  close(): void {
    for (const follower of this.#followers) follower.stop();
    this.#followers.clear();
  }
}

class LocalFollower {
  readonly #reader: BucketReader;
  readonly #readAll: () => readonly BucketEntry[];
  #queue: BucketEntry[] = [];
  #isStopped = false;
  #isReplaying = false;

  constructor(reader: BucketReader, readAll: () => readonly BucketEntry[]) {
    this.#reader = reader;
    this.#readAll = readAll;
    this.#scheduleReplay();
  }

  push(entries: readonly BucketEntry[]): void {
    // A replay on its way will find them in the bucket.
    if (this.#isReplaying) return;
    if (this.#queue.length === 0) setImmediate(() => this.#drain());
    this.#queue.push(...entries);
  }

  stop(): void {
    this.#isStopped = true;
  }

  #drain(): void {
    const queue = this.#queue;
    this.#queue = [];
    if (this.#isStopped) return;
    for (const entry of queue) {
      if (this.#reader.entry(entry) === 'replay') return this.#scheduleReplay();
    }
  }

  #scheduleReplay(): void {
    this.#isReplaying = true;
    this.#queue = [];
    setImmediate(() => this.#replay());
  }

  #replay(): void {
    this.#isReplaying = false;
    if (this.#isStopped) return;
    this.#reader.begin();
    for (const entry of this.#readAll()) this.#reader.entry(entry);
    this.#reader.end();
  }
}
