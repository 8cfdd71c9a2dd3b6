import type { QuotaPeriod } from './policy.ts';

/** Quota periods are whole UTC days, so usage is kept per day and any period is a sum of days. */
export const DAY_MS = 86_400_000;

/** Whole days since 1970-01-01 UTC. */
export const utcDay = (unixMs: number): number => Math.floor(unixMs / DAY_MS);

/** `2026-11-21` */
export const dayText = (day: number): string => new Date(day * DAY_MS).toISOString().slice(0, 10);

export const parseDay = (text: string): number => utcDay(Date.parse(`${text}T00:00:00Z`));

export interface DaySpan {
  readonly firstDay: number;
  /** Exclusive. */
  readonly endDay: number;
}

/** The period that holds `day`. Weeks start on Monday: day 4, 1970-01-05, was one. */
export function periodOf(period: QuotaPeriod, day: number): DaySpan {
  switch (period) {
    case 'day':
      return { firstDay: day, endDay: day + 1 };
    case 'week': {
      const firstDay = day - ((((day - 4) % 7) + 7) % 7);
      return { firstDay, endDay: firstDay + 7 };
    }
    case 'month':
      if (day < lastMonth.firstDay || day >= lastMonth.endDay) lastMonth = monthOf(day);
      return lastMonth;
  }
}

/** Asked for by every call with a monthly quota, and the same for all of them. */
let lastMonth: DaySpan = { firstDay: 0, endDay: 0 };

function monthOf(day: number): DaySpan {
  const date = new Date(day * DAY_MS);
  const [year, month] = [date.getUTCFullYear(), date.getUTCMonth()];
  return {
    firstDay: utcDay(Date.UTC(year, month, 1)),
    endDay: utcDay(Date.UTC(year, month + 1, 1)),
  };
}
