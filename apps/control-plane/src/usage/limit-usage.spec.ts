import { describe, expect, it } from '@jest/globals';
import type { LimitState, UsageReport } from '@portico/contracts';
import { limitUsage, type Limits } from './limit-usage.ts';

const NOW = Date.UTC(2026, 10, 21, 12);
const LIMITS: Limits = {
  rate_limits: [{ requests: 100, window: '1m' }],
  quota: { requests: 1_000, period: 'month' },
};
const report = (over: Partial<UsageReport>): UsageReport => ({
  format: 1,
  node: 'n',
  scope: 'client:cl_acme',
  limits: [],
  authoritative: false,
  as_of_ms: NOW,
  ...over,
});
const rate = (used: number): LimitState => ({
  name: '1m',
  kind: 'rate',
  limit: 100,
  used,
  remaining: 100 - used,
  resets_at_ms: NOW + 30_000,
});
const usedIn = (reports: UsageReport[], quotaUsed = 0) =>
  limitUsage(LIMITS, reports, { quotaUsed, nowMs: NOW }).map(({ used }) => used);

describe('what is left of a limit', () => {
  it('is not known where no node answers, but for the quota, which the ledger knew some time', () => {
    expect(limitUsage(LIMITS, [], { quotaUsed: 400, nowMs: NOW })).toEqual([
      {
        ...{ name: '1m', kind: 'rate', limit: 100, used: 0, remaining: 100, resets_at_ms: NOW },
        ...{ source: null, as_of_ms: null },
      },
      {
        name: 'month',
        kind: 'quota',
        limit: 1_000,
        used: 400,
        remaining: 600,
        resets_at_ms: Date.UTC(2026, 11, 1),
        source: 'ledger',
        as_of_ms: null,
      },
    ]);
  });

  it('is not known either where nodes answer that they do not know', () => {
    const states = limitUsage(LIMITS, [report({})], { quotaUsed: 400, nowMs: NOW });
    expect(states).toMatchObject([
      { used: 0, source: null, as_of_ms: null },
      { used: 400, source: 'ledger', as_of_ms: NOW },
    ]);
  });

  it('is the sum of what each node counted, where there is no authority', () => {
    expect(usedIn([report({ limits: [rate(10)] }), report({ limits: [rate(5)] })])[0]).toBe(15);
  });

  it('is what the authority says, whatever nodes count, and its newest word', () => {
    const reports = [
      report({ limits: [rate(10)] }),
      report({ limits: [rate(40)], authoritative: true, as_of_ms: NOW - 50 }),
      report({ limits: [rate(42)], authoritative: true }),
    ];
    expect(usedIn(reports)[0]).toBe(42);
  });

  it('is the newest word of an authority that is silent: nodes repeat it, it is no sum', () => {
    const reports = [
      report({ limits: [rate(40)], last_heard: true, as_of_ms: NOW - 9_000 }),
      report({ limits: [rate(30)], last_heard: true, as_of_ms: NOW - 2_000 }),
      report({ limits: [] }),
    ];
    expect(limitUsage(LIMITS, reports, { quotaUsed: 0, nowMs: NOW })[0]).toMatchObject({
      ...{ used: 30, remaining: 70 },
      ...{ source: 'authority', as_of_ms: NOW - 2_000 },
    });
    const later = { quotaUsed: 0, nowMs: NOW + 30_000 };
    expect(limitUsage(LIMITS, reports, later)[0]).toMatchObject({ used: 0, source: null });
    const heardAgain = report({ limits: [rate(50)], authoritative: true, as_of_ms: NOW - 3_000 });
    expect(usedIn([...reports, heardAgain])[0]).toBe(50);
  });

  it('never shows a quota as less used than the ledger has it, nor less than nothing left', () => {
    const quota: LimitState = { ...rate(7), name: 'month', kind: 'quota', limit: 1_000 };
    const [, shown] = limitUsage(LIMITS, [report({ limits: [quota], authoritative: true })], {
      quotaUsed: 1_200,
      nowMs: NOW,
    });
    expect(shown).toMatchObject({ used: 1_200, remaining: 0 });
  });

  it('says whose figure it is, and of when', () => {
    const sourceOf = (reports: UsageReport[], quotaUsed = 0) =>
      limitUsage(LIMITS, reports, { quotaUsed, nowMs: NOW }).map(({ source, as_of_ms }) => [
        source,
        as_of_ms === null ? null : NOW - as_of_ms,
      ]);
    const quota: LimitState = { ...rate(7), name: 'month', kind: 'quota', limit: 1_000 };
    const limits = [rate(7), quota];
    const ofAuthority = report({ limits, authoritative: true, as_of_ms: NOW - 5 });
    const ofNodes = [20, 900].map((agoMs) => report({ limits, as_of_ms: NOW - agoMs }));
    expect(sourceOf([ofAuthority, ...ofNodes])).toEqual([
      ['authority', 5],
      ['authority', 5],
    ]);
    expect(sourceOf([ofAuthority], 8)).toEqual([
      ['authority', 5],
      ['ledger', 0],
    ]);
    expect(sourceOf(ofNodes, 14)).toEqual([
      ['node', 900],
      ['node', 900],
    ]);
  });

  it('leaves out limits that the policy does not have any more', () => {
    const old = { ...rate(3), name: '1h' };
    expect(usedIn([report({ limits: [old], authoritative: true })])).toEqual([0, 0]);
  });
});
