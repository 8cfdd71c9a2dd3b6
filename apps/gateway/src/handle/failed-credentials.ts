export interface FailedCredentialLimits {
  /** Failures per window after which an address has to wait for each further refusal. */
  readonly max: number;
  readonly windowMs: number;
  readonly delayMs: number;
  /** Answers held back at a time; beyond that guessers are answered at once. */
  readonly delayedMax: number;
}

interface Failures {
  count: number;
  readonly endsAtMs: number;
}

const SOURCES_MAX = 50_000;

/**
 * Slows guessers down, by source address: after too many wrong credentials each further refusal
 * takes a while. Only refusals: a partner behind the same address whose credential is right is
 * never slowed, let alone locked out, by somebody who guesses.
 */
export class FailedCredentials {
  readonly #limits: FailedCredentialLimits;
  readonly #bySource = new Map<string, Failures>();
  #delayed = 0;

  constructor(limits: FailedCredentialLimits) {
    this.#limits = limits;
  }

  /** Counts one failure and answers now, or after a while. */
  onFailure(address: string, nowMs: number, answer: () => void): void {
    const { max, delayMs, delayedMax } = this.#limits;
    if (this.#count(sourceOf(address), nowMs) <= max || this.#delayed >= delayedMax) {
      answer();
      return;
    }
    this.#delayed += 1;
    setTimeout(() => {
      this.#delayed -= 1;
      answer();
    }, delayMs);
  }

  #count(source: string, nowMs: number): number {
    const known = this.#bySource.get(source);
    if (known !== undefined && nowMs < known.endsAtMs) {
      known.count += 1;
      return known.count;
    }
    this.#bySource.delete(source);
    const oldest = this.#bySource.keys().next().value;
    if (this.#bySource.size >= SOURCES_MAX && oldest !== undefined) this.#bySource.delete(oldest);
    this.#bySource.set(source, { count: 1, endsAtMs: nowMs + this.#limits.windowMs });
    return 1;
  }
}

/** A /64 belongs to one subscriber: whoever has one can guess from a new address every time. */
const sourceOf = (address: string): string =>
  address.includes(':') ? address.split(':').slice(0, 4).join(':') : address;
