import type { LimitTimers } from './clock.ts';

/** Requests that wait for the one call already on its way, each no longer than that call may take. */
export class WaitingRoom {
  readonly #timers: LimitTimers;
  readonly #waitMs: number;
  #waiting = 0;
  #isLate = false;
  #door: { readonly ready: Promise<void>; readonly open: () => void } | null = null;

  constructor(timers: LimitTimers, waitMs: number) {
    this.#timers = timers;
    this.#waitMs = waitMs;
  }

  get waiting(): number {
    return this.#waiting;
  }

  /** A call has left that was not there before: it may take its time. */
  callLeft(): void {
    this.#isLate = false;
  }

  /** What to wait for, or undefined when the call that left at `sentAtMs` is late. */
  enter(nowMs: number, sentAtMs: number): Promise<void> | undefined {
    if (this.#isLate) return undefined;
    this.#waiting += 1;
    this.#door ??= this.#close(Math.max(0, this.#waitMs - (nowMs - sentAtMs)));
    return this.#door.ready;
  }

  /** Lets everybody ask again. */
  open(): void {
    this.#isLate = false;
    this.#waiting = 0;
    this.#door?.open();
    this.#door = null;
  }

  #close(restMs: number): { readonly ready: Promise<void>; readonly open: () => void } {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isOpen = false;
    const timeUp = (): void => {
      if (isOpen) return;
      this.open();
      this.#isLate = true;
    };
    // After a turn: where this process itself stood still, the answer is there and not yet read.
    const cancel = this.#timers.after(restMs, () => this.#timers.soon(timeUp));
    return {
      ready: promise,
      open: () => {
        isOpen = true;
        cancel();
        resolve();
      },
    };
  }
}
