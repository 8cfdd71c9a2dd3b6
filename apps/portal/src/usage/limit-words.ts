import type { UsageLimit } from '../api/types.ts';

const WINDOWS: Record<string, string> = {
  '1s': 'per second',
  '10s': 'per 10 seconds',
  '1m': 'per minute',
  '5m': 'per 5 minutes',
  '1h': 'per hour',
  '1d': 'per day',
  day: 'this day (UTC)',
  week: 'this week (UTC)',
  month: 'this month (UTC)',
};

/** `Requests per minute`, `Quota this month (UTC)`. */
export const limitTitle = ({ kind, name }: Pick<UsageLimit, 'kind' | 'name'>): string =>
  `${kind === 'quota' ? 'Quota' : 'Requests'} ${WINDOWS[name] ?? name}`;

/** The page asks again every few seconds: what is older than this is not what is so now. */
const LIVE_MS = 30_000;

/** Whose figure it is; `, as of` and a time follow. */
export function limitSource(
  { kind, source, as_of }: Pick<UsageLimit, 'kind' | 'source' | 'as_of'>,
  nowMs: number,
): string {
  const freshness = nowMs - Date.parse(as_of) < LIVE_MS ? 'Live' : 'Last known';
  switch (source) {
    case 'authority':
      return freshness;
    case 'node':
      return `${freshness}, added up over all gateways`;
    case 'ledger':
      // It counts by the day, so of a shorter window it says only that no gateway was heard.
      return kind === 'quota' ? 'From the usage ledger' : 'No live count';
  }
}

export type LimitLevel = 'calm' | 'close' | 'over';

/** Close from 80 % on: where the operator's own alerts start by default. */
export function limitLevel({ used, limit }: Pick<UsageLimit, 'used' | 'limit'>): LimitLevel {
  if (used >= limit) return 'over';
  return used >= 0.8 * limit ? 'close' : 'calm';
}
