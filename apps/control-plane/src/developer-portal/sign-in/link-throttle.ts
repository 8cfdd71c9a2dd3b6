/** So many at once, then one more per interval. */
export interface Allowance {
  readonly burst: number;
  readonly refillMs: number;
}

/** Keys remembered; past that the one unused for longest is forgotten. */
const KEYS_MAX = 20_000;

interface Bucket {
  readonly level: number;
  readonly atMs: number;
}

/** Token buckets by key, in memory and bounded. */
export class LinkThrottle {
  readonly #allowance: Allowance;
  readonly #bucketByKey = new Map<string, Bucket>();

  constructor(allowance: Allowance) {
    this.#allowance = allowance;
  }

  /** Takes one, or says that none is left. */
  take(key: string, nowMs: number): boolean {
    const { burst, refillMs } = this.#allowance;
    const last = this.#bucketByKey.get(key) ?? { level: burst, atMs: nowMs };
    const level = Math.min(burst, last.level + Math.max(0, nowMs - last.atMs) / refillMs);
    const isGranted = level >= 1;
    // Deleted first, so that the map stays in order of use.
    this.#bucketByKey.delete(key);
    this.#bucketByKey.set(key, { level: isGranted ? level - 1 : level, atMs: nowMs });
    this.#forgetOldest();
    return isGranted;
  }

  #forgetOldest(): void {
    if (this.#bucketByKey.size <= KEYS_MAX) return;
    const [oldest] = this.#bucketByKey.keys();
    if (oldest !== undefined) this.#bucketByKey.delete(oldest);
  }
}
