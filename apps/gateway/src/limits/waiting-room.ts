import type { LimitTimers } from './clock.ts';

/** Requests that wait for the one call already on its way, each no longer than that call may take. */
export class WaitingRoom {
  readonly #timers: LimitTimers;
  readonly #waitMs: number;
  #waiting = 0;
  #door: { readonly ready: Promise<void>; readonly open: () => void } | null = null;

  constructor(timers: LimitTimers, waitMs: number) {
    this.#timers = timers;
    this.#waitMs = waitMs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** What to wait for, or undefined when the call that left at `sentAtMs` is late. */
  enter(nowMs: number, sentAtMs: number): Promise<void> | undefined {
    const restMs = this.#waitMs - (nowMs - sentAtMs);
    // Below the resolution of a timer there is nothing left to wait for.
    if (restMs < 1) return undefined;
    this.#waiting += 1;
    this.#door ??= this.#close(restMs);
    return this.#door.ready;
  }

  /** Lets everybody ask again. */
  open(): void {
    this.#waiting = 0;
    this.#door?.open();
    this.#door = null;
  }

  #close(restMs: number): { readonly ready: Promise<void>; readonly open: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    const cancel = this.#timers.after(restMs, () => this.open());
    return {
      ready: promise,
      open: () => {
        cancel();
        resolve();
      },
    };
  }
}
