import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@portico/contracts';
import type { Leased } from './authority.ts';
import { planOf } from './limit-plan.ts';
import { exhaustedLimits, limitStates, standingOf } from './standing.ts';

const PLAN = planOf({
  id: 'pol_test',
  rateLimits: [{ requests: 100, window: '10s' }],
  quota: { requests: 100, period: 'day' },
  mode: 'default',
  onOutage: 'share',
});

const ASKED_AT_MS = 1_000_000;
const leased = (over: Partial<Leased> = {}): Leased => ({
  kind: 'leased',
  ...{ epoch: 'e', nowMs: ASKED_AT_MS, granted: 0, remaining: 30, activeNodes: 1, retryAtMs: 0 },
  ...{ outstanding: 0, quotaUsed: 70, isQuotaSeeded: true, isRebuilding: false },
  windows: [{ used: 40, emptyAtMs: ASKED_AT_MS + 5_000 }],
  ...over,
});

/** The answer came at 500 on this node's own clock. */
const statesAfter = (ms: number, usedSince: number, inWindow = usedSince) => {
  const [monotonicMs, unixMs] = [500 + ms, ASKED_AT_MS + ms];
  const now = { monotonicMs, unixMs, authorityMs: unixMs };
  const since = { windows: [inWindow], quota: usedSince };
  return limitStates(PLAN, standingOf(PLAN, leased(), 500, 0.05), since, now);
};

describe('where the limits stand, as a node knows it', () => {
  it.each([
    ['is what the authority said, and what was used here since', 100, 3, [43, 73]],
    ['is empty of a window once all of it has expired', 5_000, 0, [0, 70]],
    ['is what was used here since, where the window expired meanwhile', 5_000, 2, [2, 72]],
    ['is what was used here since, where a new day began meanwhile', DAY_MS, 2, [2, 2]],
  ])('%s', (_, afterMs, usedSince, used) => {
    const states = statesAfter(afterMs, usedSince);
    expect(states.map((state) => state.used)).toEqual(used);
    expect(states.map((state) => state.remaining)).toEqual(used.map((count) => 100 - count));
  });

  it('is without what was used here so long ago that it has left the window', () => {
    expect(statesAfter(60_000, 25, 3).map((state) => state.used)).toEqual([3, 95]);
  });

  it('says when a window is empty: as the authority did, or later by what was used here', () => {
    const resetsAfterMs = (usedSince: number) =>
      (statesAfter(1_000, usedSince)[0]?.resets_at_ms ?? 0) - ASKED_AT_MS - 1_000;
    expect([resetsAfterMs(0), resetsAfterMs(1)]).toEqual([4_000, 10_042]);
  });

  it('names the limits that others reserved the rest of, and no other', () => {
    expect(exhaustedLimits(PLAN, leased({ outstanding: 30 }))).toEqual(['day']);
    expect(exhaustedLimits(PLAN, leased({ outstanding: 60 }))).toEqual(['10s', 'day']);
  });
});
