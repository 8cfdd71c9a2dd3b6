import { describe, expect, it } from '@jest/globals';
import type { Metrics } from '../api/types.ts';
import { otherCalls } from './endpoint-shares.ts';
import type { OtherCalls } from './endpoint-shares.ts';
import { errorShare } from './error-share.ts';
import { isUnknown, limitLevel, limitSource, limitTitle } from './limit-words.ts';
import { formatStep, metricsRange, spanOf } from './metrics-range.ts';
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

describe('whose figure a limit shows', () => {
  const nowMs = Date.parse('2026-03-03T12:00:00.000Z');
  const ago = (seconds: number): string => new Date(nowMs - seconds * 1_000).toISOString();
  it.each([
    ['authority', 5, 'Live'],
    ['authority', 30, 'Last known'],
    ['node', 5, 'Live, added up over all gateways'],
    ['node', 600, 'Last known, added up over all gateways'],
    ['ledger', 5, 'From the usage ledger'],
    ['ledger', null, 'Last known, from the usage ledger'],
    [null, null, 'Not known right now'],
  ] as const)('one told by %s %s s ago reads %s', (source, seconds, words) => {
    const as_of = seconds === null ? null : ago(seconds);
    expect(limitSource({ source, as_of }, nowMs)).toBe(words);
    expect(isUnknown({ source })).toBe(source === null);
  });
});

describe('calls by endpoint', () => {
  const figures = { p50_ms: 1, p95_ms: 2, p99_ms: 3 };
  const metrics = (totals: OtherCalls, ...endpoints: OtherCalls[]) =>
    ({
      totals: { ...totals, ...figures },
      buckets: [],
      facets: { endpoints, statuses: [] },
    }) as unknown as Metrics;

  it('what no listed endpoint accounts for is told as one', () => {
    const all = { requests: 10, errors: 4 };
    expect(
      otherCalls(metrics(all, { requests: 6, errors: 1 }, { requests: 1, errors: 1 })),
    ).toEqual({
      requests: 3,
      errors: 2,
    });
  });

  it('nothing is told when the listed ones account for all', () => {
    const all = { requests: 10, errors: 4 };
    expect(otherCalls(metrics(all, all))).toBeUndefined();
    expect(otherCalls(metrics({ requests: 0, errors: 0 }))).toBeUndefined();
  });

  it.each([
    [{ requests: 10, errors: 0 }, '0'],
    [{ requests: 11, errors: 1 }, '1 (9 %)'],
    [{ requests: 100_000, errors: 3 }, '3 (<1 %)'],
    [{ requests: 4_000, errors: 4_000 }, '4,000 (100 %)'],
  ])('of %j the errors read %s', (share, text) => expect(errorShare(share)).toBe(text));
});

describe('the range of the figures', () => {
  const noon = Date.parse('2026-03-04T12:34:56.789Z');

  it.each([
    ['1h', '1m', '2026-03-04T11:35:00.000Z'],
    ['24h', '1h', '2026-03-03T13:00:00.000Z'],
    ['7d', '1d', '2026-02-26T00:00:00.000Z'],
    ['30d', '1d', '2026-02-03T00:00:00.000Z'],
  ])('%s is counted by %s from %s, the running interval included', (name, interval, from) => {
    const to = '2026-03-04T12:34:56.789Z';
    expect(spanOf(metricsRange(name), noon)).toEqual({ from, to, interval });
  });

  it.each([null, '', '2y'])('is a day where %j was asked for', (name) =>
    expect(metricsRange(name).value).toBe('24h'),
  );

  it('names days by UTC, whatever the clock on the wall says', () =>
    expect(formatStep('2026-03-04T00:00:00.000Z', '1d')).toBe('4 Mar'));
});
