/**
 * Two clocks, so that a step of the wall clock cannot empty or freeze a window: windows run on the
 * monotonic one, only calendar days are read off the wall.
 */
export interface LimitClock {
  /** Unix ms; may step. */
  unixMs(): number;
  /** Milliseconds since any fixed point; never goes back. */
  monotonicMs(): number;
}

export const systemClock: LimitClock = {
  unixMs: () => Date.now(),
  monotonicMs: () => performance.timeOrigin + performance.now(),
};

/** Delays, so that a simulation can own them. */
export interface LimitTimers {
  /** Returns what cancels it. */
  after(delayMs: number, run: () => void): () => void;
  /** After what is running now, so that building a call costs no request anything. */
  soon(run: () => void): void;
}

export const systemTimers: LimitTimers = {
  after: (delayMs, run) => {
    const timer = setTimeout(run, delayMs).unref();
    return () => clearTimeout(timer);
  },
  soon: (run) => void setImmediate(run),
};
