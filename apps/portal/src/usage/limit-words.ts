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

/** Nobody who knows could be asked: `used` says nothing. */
export const isUnknown = ({ source }: Pick<UsageLimit, 'source'>): boolean => source === null;

/** Whose figure it is; `, as of` and a time follow, where that is known. */
export function limitSource(
  { source, as_of }: Pick<UsageLimit, 'source' | 'as_of'>,
  nowMs: number,
): string {
  const isLive = as_of !== null && nowMs - Date.parse(as_of) < LIVE_MS;
  const freshness = isLive ? 'Live' : 'Last known';
  switch (source) {
    case 'authority':
      return freshness;
    case 'node':
      return `${freshness}, added up over all gateways`;
    case 'ledger':
      return as_of === null ? 'Last known, from the usage ledger' : 'From the usage ledger';
    case null:
      return 'Not known right now';
  }
}

export type LimitLevel = 'calm' | 'close' | 'over';

/** Close from 80 % on: where the operator's own alerts start by default. */
export function limitLevel({ used, limit }: Pick<UsageLimit, 'used' | 'limit'>): LimitLevel {
  if (used >= limit) return 'over';
  return used >= 0.8 * limit ? 'close' : 'calm';
}
