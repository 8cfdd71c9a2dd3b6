import { describe, expect, it } from '@jest/globals';
import { DAY_MS } from '@portico/contracts';
import type { Leased, LeaseRequest, LimitAuthority } from './authority.ts';
import { LastWords, statesOf } from './last-words.ts';
import { planOf } from './limit-plan.ts';

const SCOPE = 'client:cl_acme';
const MINUTE_MS = 60_000;
const plan = planOf({
  id: 'pol_test',
  rateLimits: [
    { requests: 10, window: '1m' },
    { requests: 100, window: '1h' },
  ],
  quota: { requests: 1_000, period: 'day' },
  mode: 'default',
  onOutage: 'share',
});

/** An authority that answers what it is told to, and somebody who listens, from noon on. */
function listening() {
  const clock = { nowMs: DAY_MS / 2 };
  const words = new LastWords({ unixMs: () => clock.nowMs, monotonicMs: () => clock.nowMs });
  let answer: object = {};
  const authority = words.heardFrom({
    lease: () => Promise.resolve(answer as Leased),
  } as unknown as LimitAuthority);
  const say = async (used: number, over: Partial<Leased> = {}): Promise<void> => {
    const windows = [MINUTE_MS, 60 * MINUTE_MS].map((windowMs) => ({
      used,
      emptyAtMs: clock.nowMs + (used > 0 ? windowMs : 0),
    }));
    const shared = { nowMs: clock.nowMs, quotaUsed: used, outstanding: 0, retryAtMs: 0 };
    answer = { kind: 'leased', ...shared, isRebuilding: false, windows, ...over };
    await authority.lease({ scope: SCOPE, plan } as LeaseRequest);
  };
  const told = () => {
    const word = words.of(SCOPE);
    return word && statesOf(word).map(({ name, used }) => [name, used]);
  };
  return { clock, words, say, told };
}

describe('the last word of an authority', () => {
  it('is how things stood when it was said, however long ago that is', async () => {
    const { clock, words, say, told } = listening();
    expect(words.of(SCOPE)).toBeUndefined();
    const saidAtMs = clock.nowMs;
    await say(7);
    clock.nowMs += 2 * MINUTE_MS;
    expect(words.of(SCOPE)?.unixMs).toBe(saidAtMs);
    expect(told()).toEqual([
      ['1m', 7],
      ['1h', 7],
      ['day', 7],
    ]);
    const [minute] = statesOf(words.of(SCOPE)!);
    expect(minute?.resets_at_ms).toBe(saidAtMs + MINUTE_MS);
  });

  it('is not what it says while nodes are still telling it what they used', async () => {
    const { say, told, words } = listening();
    await say(7);
    await say(2, { isRebuilding: true });
    expect(told()?.[0]).toEqual(['1m', 7]);
    words.forget(() => true);
    expect(told()).toBeUndefined();
  });
});
