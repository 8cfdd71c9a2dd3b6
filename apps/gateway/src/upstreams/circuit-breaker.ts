import type { Upstream } from '@portico/contracts';

export type BreakerSettings = NonNullable<Upstream['circuit_breaker']>;

type State =
  | { readonly kind: 'closed' }
  | { readonly kind: 'open'; readonly untilMs: number }
  /** One call is trying; everybody else waits for what becomes of it. */
  | { readonly kind: 'half_open'; readonly sinceMs: number };

const CLOSED: State = { kind: 'closed' };

/**
 * Stops calling a target that keeps failing, and lets a single call find out whether it recovered.
 *
 * | state     | a call succeeds | a call fails                          | time passes              |
 * |-----------|-----------------|---------------------------------------|--------------------------|
 * | closed    | stays           | opens at `failure_threshold` in window| failures leave the window|
 * | open      | (late) stays    | (late) stays                          | after `open_ms` half-open|
 * | half-open | closes          | opens again                           | silent trial: another    |
 */
export class CircuitBreaker {
  readonly #settings: BreakerSettings;
  #state: State = CLOSED;
  #failuresAtMs: number[] = [];

  constructor(settings: BreakerSettings) {
    this.#settings = settings;
  }

  get kind(): State['kind'] {
    return this.#state.kind;
  }

  mayCall(nowMs: number): boolean {
    switch (this.#state.kind) {
      case 'closed':
        return true;
      case 'open':
        return nowMs >= this.#state.untilMs;
      case 'half_open':
        // A trial whose end nobody reported must not keep the target away for ever.
        return nowMs >= this.#state.sinceMs + this.#settings.open_ms;
    }
  }

  /** ms until a call may be tried. */
  waitMs(nowMs: number): number {
    switch (this.#state.kind) {
      case 'closed':
        return 0;
      case 'open':
        return Math.max(0, this.#state.untilMs - nowMs);
      case 'half_open':
        return Math.max(0, this.#state.sinceMs + this.#settings.open_ms - nowMs);
    }
  }

  /** A call is on its way: the first one after the open time is the trial. */
  onCall(nowMs: number): void {
    if (this.#state.kind !== 'closed') this.#state = { kind: 'half_open', sinceMs: nowMs };
  }

  onSuccess(): void {
    if (this.#state.kind === 'closed') {
      if (this.#failuresAtMs.length > 0) this.#failuresAtMs = [];
    } else if (this.#state.kind === 'half_open') {
      this.#state = CLOSED;
      this.#failuresAtMs = [];
    }
  }

  onFailure(nowMs: number): void {
    if (this.#state.kind === 'open') return;
    const { failure_threshold, window_ms, open_ms } = this.#settings;
    const oldestMs = nowMs - window_ms;
    this.#failuresAtMs = this.#failuresAtMs.filter((atMs) => atMs > oldestMs);
    this.#failuresAtMs.push(nowMs);
    if (this.#state.kind === 'half_open' || this.#failuresAtMs.length >= failure_threshold) {
      this.#state = { kind: 'open', untilMs: nowMs + open_ms };
      this.#failuresAtMs = [];
    }
  }
}
