import type { LimitTimers } from './clock.ts';

/**
 * Requests that wait for the one lease already on its way. The wait is bounded for the scope as a
 * whole: who comes while others have been waiting waits only for the rest of it.
 */
export class WaitingRoom {
  readonly #timers: LimitTimers;
  readonly #waitMs: number;
  #sinceMs: number | null = null;
  #waiting = 0;
  #door: { readonly ready: Promise<void>; readonly open: () => void } | null = null;

  constructor(timers: LimitTimers, waitMs: number) {
    this.#timers = timers;
    this.#waitMs = waitMs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** What to wait for, or undefined when there has been enough waiting. */
  enter(nowMs: number): Promise<void> | undefined {
    this.#sinceMs ??= nowMs;
    const restMs = this.#waitMs - (nowMs - this.#sinceMs);
    if (restMs < 1) return undefined;
    this.#waiting += 1;
    this.#door ??= this.#close(restMs);
    return this.#door.ready;
  }

  /** Lets everybody ask again. `isSettled` = each of them will get a final answer. */
  open(isSettled: boolean): void {
    if (isSettled) this.#sinceMs = null;
    this.#waiting = 0;
    this.#door?.open();
    this.#door = null;
  }

  #close(restMs: number): { ready: Promise<void>; open: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#timers.after(restMs, () => this.open(false));
    return {
      ready: promise,
      open: () => {
        cancel();
        resolve();
      },
    };
  }
}
