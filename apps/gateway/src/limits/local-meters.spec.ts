import { describe, expect, it } from '@jest/globals';
import { DAY_MS, utcDay } from '@portico/contracts';
import fc from 'fast-check';
import type { MeterPolicy } from '@portico/enforcement';
import { policy } from '../../test/limits/scenario.ts';
import type { LimitClock } from './clock.ts';
import { LocalMeters, type Compare } from './local-meters.ts';

class TestClock implements LimitClock {
  wallMs: number;
  steadyMs = 1_000_000;
  constructor(at = '2026-11-21T10:00:00Z') {
    this.wallMs = Date.parse(at);
  }
  unixMs = () => this.wallMs;
  monotonicMs = () => this.steadyMs;
  pass(ms: number): void {
    this.wallMs += ms;
    this.steadyMs += ms;
  }
}

function setUp(given: MeterPolicy | null, at?: string, compare?: Compare) {
  const clock = new TestClock(at);
  const meters = new LocalMeters(clock, compare);
  let current = given;
  const take = () => meters.take({ key: 'client:cl_acme', policy: current });
  const takeMany = (count: number) =>
    Array.from({ length: count }, take).filter((verdict) => verdict.kind === 'granted').length;
  return { clock, meters, take, takeMany, follow: (next: MeterPolicy | null) => (current = next) };
}

describe('limits of a single node', () => {
  it('no policy admits everything and names no limits', () => {
    const meters = new LocalMeters(new TestClock());
    const verdict = meters.take({ key: 'client:cl_acme', policy: null });
    expect(verdict.kind === 'granted' && verdict.limits()).toEqual([]);
  });

  it('never admits more than the limit in any trailing window', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 50, maxLength: 400 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 12 }), (gapsMs, requests) => {
        const { clock, take } = setUp(policy({ rateLimits: [{ requests, window: '1s' }] }));
        const admitted: number[] = [];
        for (const gapMs of gapsMs) {
          clock.pass(gapMs);
          if (take().kind === 'granted') admitted.push(clock.steadyMs);
          const inWindow = admitted.filter((atMs) => atMs > clock.steadyMs - 1_000);
          expect(inWindow.length).toBeLessThanOrEqual(requests);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a refusal by one limit consumes nothing from the others', () => {
    const { clock, takeMany } = setUp(
      policy({
        rateLimits: [
          { requests: 2, window: '1s' },
          { requests: 5, window: '1m' },
        ],
        quota: { requests: 100, period: 'month' },
      }),
    );
    expect(takeMany(50)).toBe(2);
    clock.pass(1_100);
    expect(takeMany(50)).toBe(2);
    clock.pass(1_100);
    expect(takeMany(50)).toBe(1);
  });

  it('Retry-After, obeyed, succeeds, also where the limit was lowered', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 9_000 }), { minLength: 12 }), (gapsMs) => {
        const { clock, take, follow } = setUp(
          policy({ rateLimits: [{ requests: 10, window: '10s' }] }),
        );
        for (const gapMs of gapsMs.slice(0, 20)) {
          take();
          clock.pass(gapMs / 10);
        }
        follow(policy({ rateLimits: [{ requests: 3, window: '10s' }] }));
        const verdict = take();
        if (verdict.kind !== 'refused') return;
        clock.pass(verdict.retryAfterSeconds * 1_000);
        expect(take().kind).toBe('granted');
      }),
    );
  });

  it('a quota ends with its UTC period and says so', () => {
    const { clock, take, takeMany } = setUp(
      policy({ quota: { requests: 3, period: 'month' } }),
      '2028-02-29T23:59:58Z',
    );
    expect(takeMany(5)).toBe(3);
    expect(take()).toMatchObject({ kind: 'refused', code: 'quota_exceeded', retryAfterSeconds: 2 });
    clock.pass(2_000);
    expect(takeMany(5)).toBe(3);
  });

  it.each([
    ['strict', 0],
    ['default', 1],
  ] as const)('in %s mode a quota waits for what the ledger has of it', (mode, early) => {
    const { promise: compared } = Promise.withResolvers<void>();
    const limits = { quota: { requests: 100, period: 'day' as const } };
    const { clock, take, takeMany, meters } = setUp(
      policy({ ...limits, mode }),
      undefined,
      () => compared,
    );
    expect(takeMany(early)).toBe(early);
    expect(take()).toMatchObject({ kind: 'pending', ready: compared });
    meters.seed('client:cl_acme', [[utcDay(clock.unixMs()), 90]], new Map());
    expect(takeMany(50)).toBe(10 - early);
  });

  it.each([
    ['share', 7],
    ['closed', 0],
  ] as const)('goes by `on_outage: %s` where the ledger is away', (onOutage, admitted) => {
    const limits = { quota: { requests: 7, period: 'day' as const }, mode: 'strict' as const };
    const { clock, take, takeMany } = setUp(policy({ ...limits, onOutage }), undefined, () => null);
    expect(take()).toMatchObject({
      kind: 'refused',
      code: 'rate_limit_exceeded',
      retryAfterSeconds: 1,
    });
    clock.pass(1_000);
    expect(takeMany(50)).toBe(admitted);
  });

  it('what was used while there was no policy counts when there is one', () => {
    const limits = policy({
      rateLimits: [{ requests: 40, window: '1m' }],
      quota: { requests: 60, period: 'day' },
    });
    const { clock, takeMany, follow } = setUp(limits);
    expect(takeMany(10)).toBe(10);
    follow(null);
    expect(takeMany(25)).toBe(25);
    follow(limits);
    expect(takeMany(50)).toBe(5);
    clock.pass(120_000);
    expect(takeMany(50)).toBe(20);
  });

  it('a changed policy keeps what was used, also in windows it did not have before', () => {
    const { clock, takeMany, follow } = setUp(
      policy({ rateLimits: [{ requests: 40, window: '1m' }] }),
    );
    expect(takeMany(30)).toBe(30);
    follow(policy({ rateLimits: [{ requests: 35, window: '5m' }] }));
    expect(takeMany(30)).toBe(5);
    clock.pass(120_000);
    follow(
      policy({
        rateLimits: [{ requests: 36, window: '1h' }],
        quota: { requests: 36, period: 'day' },
      }),
    );
    expect(takeMany(30)).toBe(1);
  });

  it('steps of the wall clock neither empty nor freeze a window', () => {
    const { clock, takeMany } = setUp(policy({ rateLimits: [{ requests: 5, window: '1m' }] }));
    expect(takeMany(5)).toBe(5);
    clock.wallMs += 7_200_000;
    expect(takeMany(5)).toBe(0);
    clock.wallMs -= 90_000_000;
    clock.steadyMs += 61_000;
    expect(takeMany(5)).toBe(5);
  });

  it('the ledger, asked again, can only raise what is known', () => {
    const { clock, meters, takeMany } = setUp(policy({ quota: { requests: 100, period: 'day' } }));
    takeMany(4);
    const today = utcDay(clock.unixMs());
    const quotaUsedAfter = (admitted: number) => {
      meters.seed('client:cl_acme', [[today, admitted]], new Map());
      return meters.daysOf('client:cl_acme').get(today);
    };
    expect([60, 60, 50, 66].map(quotaUsedAfter)).toEqual([64, 64, 64, 66]);
  });

  it('forgets a scope when no limit looks back to its last use, and not before', () => {
    const { clock, meters, takeMany } = setUp(policy({ quota: { requests: 5, period: 'month' } }));
    takeMany(3);
    meters.sweep();
    expect(meters.size).toBe(1);
    clock.pass(8 * DAY_MS);
    meters.sweep();
    expect(takeMany(5)).toBe(2);
    clock.pass(40 * DAY_MS);
    meters.sweep();
    expect(meters.size).toBe(0);
  });
});
