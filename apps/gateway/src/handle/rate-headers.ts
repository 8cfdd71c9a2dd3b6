import { WINDOW_MS } from '@portico/contracts';
import type { LimitState } from '@portico/contracts';

const DAY_SECONDS = 86_400;
/** Seconds of a limit's window; a month has no fixed length, so its policy names none. */
const WINDOW_SECONDS: Readonly<Record<string, number>> = {
  ...Object.fromEntries(Object.entries(WINDOW_MS).map(([name, ms]) => [name, ms / 1_000])),
  day: DAY_SECONDS,
  week: 7 * DAY_SECONDS,
};

/** Sent with our values, so an upstream's own must not be sent besides. */
export const RATE_HEADERS: ReadonlySet<string> = new Set([
  'ratelimit-policy',
  'ratelimit',
  'x-ratelimit-limit',
  'x-ratelimit-remaining',
  'x-ratelimit-reset',
]);

/**
 * `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10: every limit, by name),
 * and the older `X-RateLimit-*` for the limit that is closest to refusing. `X-RateLimit-Reset` is a
 * Unix time in seconds.
 */
export function appendRateHeaders(flat: string[], limits: readonly LimitState[]): void {
  if (limits.length === 0) return;
  // Not when the request came: an upstream that takes its time would add all of it to `t`.
  const nowMs = Date.now();
  const tightest = limits.reduce((a, b) => (b.remaining / b.limit < a.remaining / a.limit ? b : a));
  flat.push(
    'RateLimit-Policy',
    limits.map(policyOf).join(', '),
    'RateLimit',
    limits.map((limit) => stateOf(limit, nowMs)).join(', '),
    'X-RateLimit-Limit',
    String(tightest.limit),
    'X-RateLimit-Remaining',
    String(Math.max(0, tightest.remaining)),
    'X-RateLimit-Reset',
    String(Math.ceil(tightest.resets_at_ms / 1_000)),
  );
}

function policyOf({ name, limit }: LimitState): string {
  const seconds = WINDOW_SECONDS[name];
  return seconds === undefined ? `"${name}";q=${limit}` : `"${name}";q=${limit};w=${seconds}`;
}

const stateOf = ({ name, remaining, resets_at_ms }: LimitState, nowMs: number): string =>
  `"${name}";r=${Math.max(0, remaining)};t=${Math.max(0, Math.ceil((resets_at_ms - nowMs) / 1_000))}`;
