import { describe, expect, it } from '@jest/globals';
import { limitLevel, limitTitle } from './limit-words.ts';
import { callsByDay, callsByProfile } from './usage-series.ts';

const days = [
  { day: '2026-03-01', profile_id: 'pr_a', admitted: 5 },
  { day: '2026-03-03', profile_id: 'pr_a', admitted: 1 },
  { day: '2026-03-03', profile_id: 'pr_b', admitted: 9 },
];

describe('usage series', () => {
  it('a day without calls has a row of zeros', () => {
    expect(callsByDay(days, (id) => id)).toEqual({
      names: ['pr_b', 'pr_a'],
      rows: [
        { day: '2026-03-01', pr_a: 5, pr_b: 0 },
        { day: '2026-03-02', pr_a: 0, pr_b: 0 },
        { day: '2026-03-03', pr_a: 1, pr_b: 9 },
      ],
    });
  });

  it('two profiles of one name are counted together, not over each other', () => {
    expect(callsByDay(days, () => 'Main').rows[2]).toEqual({ day: '2026-03-03', Main: 10 });
  });

  it('no days make no rows', () => {
    expect(callsByDay([], (id) => id)).toEqual({ rows: [], names: [] });
    expect(callsByProfile([])).toEqual([]);
  });
});

describe('limits in words', () => {
  it.each([
    [{ kind: 'rate', name: '1m' }, 'Requests per minute'],
    [{ kind: 'quota', name: 'month' }, 'Quota this month (UTC)'],
    [{ kind: 'rate', name: '2h' }, 'Requests 2h'],
  ] as const)('%j reads %s', (limit, title) => expect(limitTitle(limit)).toBe(title));

  it.each([
    [79, 'calm'],
    [80, 'close'],
    [100, 'over'],
    [130, 'over'],
  ])('%d of 100 is %s', (used, level) => expect(limitLevel({ used, limit: 100 })).toBe(level));
});
