import { createHash, hash } from 'node:crypto';

const BUCKETS = 1024;

/**
 * One hash over every (key, body) pair, kept up to date as pairs change: a change costs one bucket,
 * not the whole configuration. Keys are spread over 1024 buckets by their own hash; a bucket's
 * digest is the SHA-256 over its (key, SHA-256(body)) entries in key order; the root is the SHA-256
 * over the bucket digests. The order in which pairs were set does not matter.
 */
export class ConfigDigest {
  readonly #entries: Map<string, string>[] = Array.from({ length: BUCKETS }, () => new Map());
  readonly #digests: Buffer[] = new Array<Buffer>(BUCKETS).fill(digestOf(new Map()));
  readonly #dirty = new Set<number>();
  #size = 0;

  /** Number of keys in force. */
  get size(): number {
    return this.#size;
  }

  has(key: string): boolean {
    return this.#entries[bucketOf(key)]!.has(key);
  }

  /** True when the key is in force with exactly this body. */
  holds(key: string, body: string): boolean {
    return this.#entries[bucketOf(key)]!.get(key) === hash('sha256', body, 'base64');
  }

  keys(): string[] {
    return this.#entries.flatMap((bucket) => [...bucket.keys()]);
  }

  /** `null` takes the key out. */
  set(key: string, body: string | null): void {
    const index = bucketOf(key);
    const bucket = this.#entries[index]!;
    const sizeBefore = bucket.size;
    if (body === null) bucket.delete(key);
    else bucket.set(key, hash('sha256', body, 'base64'));
    this.#size += bucket.size - sizeBefore;
    this.#dirty.add(index);
  }

  /** Lower-case hex. */
  root(): string {
    for (const index of this.#dirty) this.#digests[index] = digestOf(this.#entries[index]!);
    this.#dirty.clear();
    return createHash('sha256').update(Buffer.concat(this.#digests)).digest('hex');
  }
}

const bucketOf = (key: string): number =>
  Number.parseInt(hash('sha256', key, 'hex').slice(0, 8), 16) % BUCKETS;

function digestOf(bucket: ReadonlyMap<string, string>): Buffer {
  const entries = [...bucket].sort(([left], [right]) => (left < right ? -1 : 1));
  return hash('sha256', entries.map(([key, body]) => `${key}\n${body}\n`).join(''), 'buffer');
}
