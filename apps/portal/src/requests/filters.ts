import { LOG_FILTERS } from './request-log.ts';
import type { LogFilters } from './request-log.ts';

const HOUR_MS = 3_600_000;

export const RANGES = [
  { value: '1h', label: 'Last hour', ms: HOUR_MS },
  { value: '24h', label: 'Last 24 hours', ms: 24 * HOUR_MS },
  { value: '7d', label: 'Last 7 days', ms: 7 * 24 * HOUR_MS },
  { value: '30d', label: 'Last 30 days', ms: 30 * 24 * HOUR_MS },
] as const;

/** The address of the page says what is shown; what it says wrong is left out. */
export function toLogFilters(params: URLSearchParams, nowMs: number): LogFilters {
  const filters: Record<string, string> = {};
  for (const name of LOG_FILTERS) {
    const value = params.get(name);
    if (value) filters[name] = value;
  }
  const range = RANGES.find(({ value }) => value === params.get('range'));
  if (range) filters.from = new Date(nowMs - range.ms).toISOString();
  if (filters.status && !/^[1-5](?:xx|\d{2})$/.test(filters.status)) delete filters.status;
  return filters;
}
