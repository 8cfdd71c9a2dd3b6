/** Between two clocks that both keep going: a node's crystal may drift 30 ms in this time, at worst. */
const SAMPLES_KEPT_MS = 15_000;

/**
 * Our monotonic clock against the authority's. Both conversions err to the late side, by at most one
 * round trip: a use dated too early would leave its window too early, and the limit would be broken.
 */
export class AuthorityClock {
  #newest = Number.POSITIVE_INFINITY;
  #previous = Number.POSITIVE_INFINITY;
  #turnedAtMs = Number.NEGATIVE_INFINITY;
  readonly #guessMs: () => number;

  /** `guessMs` = the difference to assume before the first answer. */
  constructor(guessMs: () => number) {
    this.#guessMs = guessMs;
  }

  /** The authority read `authorityMs` some time after we sent the question. */
  sample(sentAtMs: number, authorityMs: number): void {
    if (sentAtMs - this.#turnedAtMs > SAMPLES_KEPT_MS) {
      this.#previous = this.#newest;
      this.#newest = Number.POSITIVE_INFINITY;
      this.#turnedAtMs = sentAtMs;
    }
    // + 1: it tells whole milliseconds, rounded down.
    this.#newest = Math.min(this.#newest, authorityMs + 1 - sentAtMs);
  }

  toAuthority(ownMs: number): number {
    const offset = Math.min(this.#newest, this.#previous);
    return Math.ceil(ownMs + (Number.isFinite(offset) ? offset : this.#guessMs()));
  }
}
