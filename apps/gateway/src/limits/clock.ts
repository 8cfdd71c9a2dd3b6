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
