/** `fromMs` is included, `toMs` is not; absent = open on that side. Unix ms. */
export interface TimeRange {
  readonly fromMs?: number;
  readonly toMs?: number;
}

const FIRST_WINDOW_MS = 1_000;
const GROWTH = 8;
/** After a second, 8 s, 64 s … up to 3 days, the rest at once. */
const WINDOWS_MAX = 7;

/**
 * Cuts a range into windows from its newest end, each eight times as long as the one before. Rows
 * without a client are found by time alone: on a busy system the first second holds a whole page,
 * on an idle one a few more looks do, and none of them reads more than about it needs.
 */
export function* windowsBack(range: TimeRange, nowMs: number): Iterable<TimeRange> {
  let end = range.toMs;
  let length = FIRST_WINDOW_MS;
  for (let n = 0; n < WINDOWS_MAX; n++, length *= GROWTH) {
    const from = Math.min(end ?? nowMs, nowMs) - length;
    if (range.fromMs !== undefined && from <= range.fromMs) break;
    yield end === undefined ? { fromMs: from } : { fromMs: from, toMs: end };
    end = from;
  }
  if (range.fromMs !== undefined && end !== undefined && end <= range.fromMs) return;
  yield {
    ...(range.fromMs === undefined ? {} : { fromMs: range.fromMs }),
    ...(end === undefined ? {} : { toMs: end }),
  };
}
