import { describe, expect, it } from '@jest/globals';
import { endpointShares } from './endpoint-shares.ts';
import { limitLevel, limitTitle } from './limit-words.ts';
import { callsByDay, callsByProfile } from './usage-series.ts';

const days = [
  { day: '2026-03-01', profile_id: 'pr_a', admitted: 5 },
  { day: '2026-03-03', profile_id: 'pr_a', admitted: 1 },
  { day: '2026-03-03', profile_id: 'pr_b', admitted: 9 },
];

describe('usage series', () => {
  it('a day without calls has a row of zeros', () => {
    const { names, rows } = callsByDay(days, (id) => id);
    expect(names).toEqual(['pr_b', 'pr_a']);
    expect(rows.slice(-3)).toEqual([
      { day: '2026-03-01', pr_a: 5, pr_b: 0 },
      { day: '2026-03-02', pr_a: 0, pr_b: 0 },
      { day: '2026-03-03', pr_a: 1, pr_b: 9 },
    ]);
  });

  it('begins at the first day with calls, and at least two weeks before the last', () => {
    expect(callsByDay(days, (id) => id).rows[0]?.day).toBe('2026-02-18');
    const old = { day: '2026-01-05', profile_id: 'pr_a', admitted: 1 };
    expect(callsByDay([old, ...days], (id) => id).rows[0]?.day).toBe('2026-01-05');
  });

  it('two profiles of one name are counted together, not over each other', () => {
    expect(callsByDay(days, () => 'Main').rows.at(-1)).toEqual({
      day: '2026-03-03',
      Main: 10,
    });
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

describe('endpointShares', () => {
  const call = (endpoint_id: string | null, status: number, latency_ms: number) =>
    ({ endpoint_id, collection_id: 'coll_a', status, latency_ms }) as Parameters<
      typeof endpointShares
    >[0][number];

  it('counts calls, errors and the median latency, busiest endpoint first', () => {
    const calls = [
      call('ep_b', 200, 5),
      call('ep_a', 200, 10),
      call('ep_a', 429, 2),
      call('ep_a', 503, 90),
    ];
    expect(endpointShares(calls)).toEqual([
      { endpointId: 'ep_a', collectionId: 'coll_a', calls: 3, errors: 2, medianMs: 10 },
      { endpointId: 'ep_b', collectionId: 'coll_a', calls: 1, errors: 0, medianMs: 5 },
    ]);
  });

  it('a call that reached no endpoint belongs to none', () => {
    expect(endpointShares([call(null, 404, 1)])).toEqual([]);
  });
});
