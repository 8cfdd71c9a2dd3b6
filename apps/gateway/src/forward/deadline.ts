/** Which clock ran out: all four look the same to the caller, but not to who has to fix it. */
export type DeadlinePhase = 'headers_timeout' | 'idle_timeout' | 'total_timeout' | 'caller_stalled';

/**
 * The clocks of one call: one for the phase it is in, re-armed as it moves on, and one over all. A
 * phase's clock is refreshed by progress, so a long upload or download is not a slow one.
 */
export class Deadline {
  readonly #onExpired: (phase: DeadlinePhase) => void;
  #phaseTimer: NodeJS.Timeout | undefined;
  #totalTimer: NodeJS.Timeout | undefined;

  constructor(onExpired: (phase: DeadlinePhase) => void) {
    this.#onExpired = onExpired;
  }

  enter(phase: DeadlinePhase, ms: number): void {
    clearTimeout(this.#phaseTimer);
    this.#phaseTimer = setTimeout(this.#onExpired, ms, phase);
  }

  progress(): void {
    this.#phaseTimer?.refresh();
  }

  limitTotal(ms: number): void {
    this.#totalTimer ??= setTimeout(this.#onExpired, ms, 'total_timeout' satisfies DeadlinePhase);
  }

  stop(): void {
    clearTimeout(this.#phaseTimer);
    clearTimeout(this.#totalTimer);
  }
}
