import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { dayText, parseDay, periodOf, utcDay } from './calendar.ts';

describe('quota periods', () => {
  it.each([
    ['month', '2028-02-29', '2028-02-01', '2028-03-01'],
    ['month', '2027-02-28', '2027-02-01', '2027-03-01'],
    ['month', '2100-02-28', '2100-02-01', '2100-03-01'],
    ['month', '2026-12-31', '2026-12-01', '2027-01-01'],
    ['week', '2026-11-22', '2026-11-16', '2026-11-23'],
    ['week', '2026-11-23', '2026-11-23', '2026-11-30'],
    ['week', '2027-01-01', '2026-12-28', '2027-01-04'],
    ['week', '1970-01-01', '1969-12-29', '1970-01-05'],
    ['day', '2028-02-29', '2028-02-29', '2028-03-01'],
  ] as const)('a %s that holds %s runs from %s to %s', (period, day, first, end) => {
    const { firstDay, endDay } = periodOf(period, parseDay(day));
    expect([dayText(firstDay), dayText(endDay)]).toEqual([first, end]);
  });

  it('begin and end at midnight UTC', () => {
    const dayAt = (time: string) => dayText(utcDay(Date.parse(time)));
    expect(dayAt('2026-11-21T23:59:59.999Z')).toBe('2026-11-21');
    expect(dayAt('2026-11-22T00:00:00.000Z')).toBe('2026-11-22');
    expect(dayAt('2026-11-22T00:30:00+01:00')).toBe('2026-11-21');
  });

  it('follow one another without gap or overlap', () => {
    const day = fc.integer({ min: 0, max: 60_000 });
    fc.assert(
      fc.property(day, fc.constantFrom('day', 'week', 'month'), (at, period) => {
        const { firstDay, endDay } = periodOf(period, at);
        expect(firstDay <= at && at < endDay).toBe(true);
        expect(periodOf(period, endDay).firstDay).toBe(endDay);
        expect(periodOf(period, endDay - 1)).toEqual({ firstDay, endDay });
      }),
    );
  });
});
