// What the benches say of the times at which calls were let through.

/** Most in any trailing window; `times` ascending. */
export function worstWindow(times, windowMs) {
  let most = 0;
  for (let head = 0, tail = 0; head < times.length; head += 1) {
    while (times[tail] <= times[head] - windowMs) tail += 1;
    most = Math.max(most, head - tail + 1);
  }
  return most;
}

/**
 * The same from outside, where a call was let through at some moment between leaving its sender and
 * arriving at the upstream: those that cannot have been let through at any other time.
 */
export function surelyWithin(calls, windowMs) {
  const within = (endMs) =>
    calls.filter(
      ({ sentAtMs, arrivedAtMs }) => arrivedAtMs <= endMs && sentAtMs > endMs - windowMs,
    );
  return Math.max(0, ...calls.map(({ arrivedAtMs }) => within(arrivedAtMs).length));
}

/** Against a perfect limiter, which admits all there is, or one limit per window. */
export const goodput = (admitted, { offered, allowed }) => admitted / Math.min(offered, allowed);

/** Of ascending values; undefined of none. */
export const quantile = (sorted, part) => sorted[Math.floor(sorted.length * part)];
