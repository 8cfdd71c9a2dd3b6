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
 * never slowed, let alone locked out, by somebody who guesses. It makes guessing tedious and easy to
 * see; what makes it hopeless is the length of a credential.
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
    const held = setTimeout(() => {
      this.#delayed -= 1;
      answer();
    }, delayMs);
    // A node that stops does not stay for it: a connection is what keeps the process, not a wait.
    held.unref();
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
function sourceOf(address: string): string {
  if (!address.includes(':')) return address;
  // What `::` leaves out is often part of the network: `2001:db8::5` is in 2001:db8:0:0.
  const [head = [], tail = []] = address.split('::').map((half) => half.split(':'));
  const zeros = new Array<string>(Math.max(0, 8 - head.length - tail.length)).fill('0');
  return [...head, ...zeros, ...tail].slice(0, 4).join(':');
}
