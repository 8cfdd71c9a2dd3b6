import type { QuotaPeriod } from '@portico/contracts';

export interface Period {
  readonly startMs: number;
  /** When the quota is whole again. */
  readonly endMs: number;
}

const DAY_MS = 86_400_000;

/** The UTC calendar period that `nowMs` is in; weeks start on Monday. */
export function quotaPeriod(period: QuotaPeriod, nowMs: number): Period {
  const now = new Date(nowMs);
  const midnightMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate());
  switch (period) {
    case 'day':
      return { startMs: midnightMs, endMs: midnightMs + DAY_MS };
    case 'week': {
      const startMs = midnightMs - ((now.getUTCDay() + 6) % 7) * DAY_MS;
      return { startMs, endMs: startMs + 7 * DAY_MS };
    }
    case 'month': {
      const startMs = Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1);
      return { startMs, endMs: Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1) };
    }
  }
}

export const utcDay = (ms: number): string => new Date(ms).toISOString().slice(0, 10);
