import { describe, expect, it } from '@jest/globals';
import { DAY_MS, utcDay } from '@portico/contracts';
import { ScopeUsage } from './scope-usage.ts';

const TEN_SECONDS = { windowMs: 10_000, slotMs: 42 };
const MINUTE = { windowMs: 60_000, slotMs: 250 };

describe('what a scope has used', () => {
  it('keeps every day of the longest quota period, however long it is in use', () => {
    const usage = new ScopeUsage();
    const firstDay = utcDay(Date.parse('2026-10-01'));
    const lastDay = utcDay(Date.parse('2026-12-31'));
    for (let day = firstDay; day <= lastDay; day += 1) usage.add(day * DAY_MS, day, 1);
    expect(usage.quotaUsed('month', lastDay)).toBe(31);
    expect([...usage.days()].length).toBeLessThanOrEqual(41);
  });

  it('keeps a window that nobody asks for while a changed policy travels, and no longer', () => {
    const usage = new ScopeUsage();
    const [known] = usage.ringsFor([TEN_SECONDS], 0);
    usage.ringsFor([MINUTE], 5_000);
    expect(usage.ringsFor([TEN_SECONDS], 5_000)[0]).toBe(known);
    usage.ringsFor([MINUTE], 30_000);
    expect(usage.ringsFor([TEN_SECONDS], 30_000)[0]).not.toBe(known);
  });

  it('counts what was used before in a window that it gains', () => {
    const usage = new ScopeUsage();
    usage.add(1_000, 0, 5);
    const [gained] = usage.ringsFor([MINUTE], 2_000);
    expect(gained?.used(2_000)).toBe(5);
  });
});
