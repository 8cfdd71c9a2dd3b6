import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@portico/contracts';
import type { MeterPolicy } from '@portico/enforcement';
import type { Leased } from './authority.ts';
import { planOf } from './limit-plan.ts';
import { retryWaitMs } from './retry-wait.ts';
import { SlotRing } from './slot-ring.ts';
import { standingOf } from './standing.ts';

const [WINDOW_MS, SLOT_MS, ROUND_TRIP_MS] = [10_000, 42, 30];
const AUTHORITY_MS = 1_000_000;

/** All five were used here, at `usedAtMs`, and the authority has not heard of the last of them. */
function waitAfter(
  usedAtMs: number,
  known: Pick<Leased, 'quotaUsed' | 'outstanding'>,
  quota: MeterPolicy['quota'] = null,
) {
  const plan = planOf({
    id: 'pol_test',
    rateLimits: [{ requests: 5, window: '10s' }],
    ...{ quota, mode: 'default', onOutage: 'share' },
  });
  const ring = new SlotRing(WINDOW_MS, SLOT_MS);
  ring.add(usedAtMs, 5);
  const now = { monotonicMs: usedAtMs + 50, unixMs: 0, authorityMs: AUTHORITY_MS };
  const leased: Leased = {
    ...{ kind: 'leased', epoch: 'e', nowMs: AUTHORITY_MS, granted: 0, remaining: 0 },
    ...{ activeNodes: 1, retryAtMs: AUTHORITY_MS + 250, isQuotaSeeded: true, isRebuilding: false },
    windows: [{ used: 0, emptyAtMs: AUTHORITY_MS }],
    ...known,
  };
  const standing = standingOf(plan, leased, now.monotonicMs, 0.05);
  const own = { ownRings: [ring], unreported: known.outstanding, roundTripMs: ROUND_TRIP_MS };
  return { waitMs: retryWaitMs({ plan, standing, ...own, now }), fromMs: now.monotonicMs };
}

describe('the wait of a caller whose own uses are not reported yet', () => {
  it('ends no sooner than they leave the window, dated and slotted as late as they can be', () => {
    for (let usedAtMs = 1_000_000; usedAtMs < 1_000_000 + 2 * SLOT_MS; usedAtMs += 1) {
      const { waitMs, fromMs } = waitAfter(usedAtMs, { quotaUsed: 0, outstanding: 5 });
      const latestMs = usedAtMs + ROUND_TRIP_MS + SLOT_MS + WINDOW_MS;
      expect(fromMs + waitMs).toBeGreaterThan(latestMs);
      expect(fromMs + waitMs).toBeLessThanOrEqual(latestMs + SLOT_MS + 1);
    }
  });

  it('ends with the period of a quota which they use up', () => {
    const quota = { requests: 5, period: 'day' } as const;
    const { waitMs } = waitAfter(1_000_000, { quotaUsed: 2, outstanding: 3 }, quota);
    expect(waitMs).toBe(DAY_MS - AUTHORITY_MS);
  });

  it('is what the authority said, where they use up nothing', () => {
    const { waitMs } = waitAfter(1_000_000, { quotaUsed: 0, outstanding: 4 });
    expect(waitMs).toBe(251);
  });
});
