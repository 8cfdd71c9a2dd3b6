/** Which clock ran out: all four look the same to the caller, but not to who has to fix it. */
export type DeadlinePhase = 'headers_timeout' | 'idle_timeout' | 'total_timeout' | 'caller_stalled';

export interface DeadlineOwner {
  onDeadline(phase: DeadlinePhase): void;
}

/**
 * The clocks of one call: one for the phase it is in, re-armed as it moves on, and one over all. A
 * phase's clock is refreshed by progress, so a long upload or download is not a slow one. One timer
 * serves both, and is kept through phases of equal length: this runs for every single call.
 */
export class Deadline {
  readonly #owner: DeadlineOwner;
  #endsAt: number;
  #timer: NodeJS.Timeout | undefined;
  #phase: DeadlinePhase = 'headers_timeout';
  #ms = 0;

  constructor(totalMs: number, owner: DeadlineOwner) {
    this.#endsAt = performance.now() + totalMs;
    this.#owner = owner;
  }

  enter(phase: DeadlinePhase, ms: number): void {
    this.#phase = phase;
    if (this.#timer !== undefined && this.#ms === ms) {
      this.#timer.refresh();
      return;
    }
    clearTimeout(this.#timer);
    this.#ms = ms;
    this.#timer = setTimeout(expire, Math.min(ms, this.#leftMs()), this);
  }

  /** An event stream has no length: only its silences are bounded. */
  lift(): void {
    this.#endsAt = Number.POSITIVE_INFINITY;
  }

  progress(): void {
    if (this.#isOver()) this.expire();
    else this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  expire(): void {
    this.#owner.onDeadline(this.#isOver() ? 'total_timeout' : this.#phase);
  }

  /** Timers are precise to a millisecond, and may be early by less than one. */
  #isOver(): boolean {
    return this.#leftMs() < 2;
  }

  #leftMs(): number {
    return Math.max(0, this.#endsAt - performance.now());
  }
}

const expire = (deadline: Deadline): void => deadline.expire();
