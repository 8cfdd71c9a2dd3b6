import { describe, expect, it } from '@jest/globals';
import type { LimitState } from '@portico/contracts';
import type { QuotaLimit, WindowLimit } from './limit-plan.ts';
import { quotaState, rateState, refusal, refusalForNow } from './verdicts.ts';

const SECOND: WindowLimit = { name: '1s', limit: 5, windowMs: 1_000, slotMs: 5 };
const MINUTE: WindowLimit = { name: '1m', limit: 100, windowMs: 60_000, slotMs: 250 };
const DAY: QuotaLimit = { period: 'day', limit: 50 };

/** A refusal by these limits, each with the wait until it has room. */
const refusedBy = (...exhausted: readonly (readonly [LimitState, waitMs: number])[]) =>
  refusal(
    exhausted.map(([state, waitMs]) => ({ state, waitMs })),
    () => exhausted.map(([state]) => state),
  );

describe('what a caller is told of a limit', () => {
  it('nothing is left where more was used than is allowed, and a reset is never early', () => {
    expect(rateState(SECOND, 9, 1_234.5)).toMatchObject({
      used: 9,
      remaining: 0,
      resets_at_ms: 1_235,
    });
  });

  it.each([
    [0, 1],
    [1, 1],
    [1_000, 1],
    [1_001, 2],
  ])('a wait of %d ms is a Retry-After of %d s: whole seconds, never none', (waitMs, seconds) => {
    const verdict = refusedBy([rateState(SECOND, 5, 0), waitMs]);
    expect(verdict).toMatchObject({ retryAfterSeconds: seconds });
  });

  it('a rate limit answers before the quota, and the wait is long enough for both', () => {
    const verdict = refusedBy([rateState(SECOND, 5, 0), 500], [quotaState(DAY, 50, 0), 90_000]);
    expect(verdict).toMatchObject({
      code: 'rate_limit_exceeded',
      exceeded: { name: '1s' },
      retryAfterSeconds: 90,
    });
  });

  it('of several rate limits the one that takes longest answers', () => {
    const verdict = refusedBy([rateState(SECOND, 5, 0), 700], [rateState(MINUTE, 100, 0), 30_000]);
    expect(verdict).toMatchObject({ exceeded: { name: '1m' }, retryAfterSeconds: 30 });
  });

  it('where nobody could be asked, the limit nearest to refusing answers, as it is known', () => {
    const states = [rateState(SECOND, 2, 0), rateState(MINUTE, 90, 0), quotaState(DAY, 10, 0)];
    expect(refusalForNow(() => states)).toMatchObject({
      code: 'rate_limit_exceeded',
      exceeded: { name: '1m', remaining: 10 },
      retryAfterSeconds: 1,
    });
  });
});
