import { describe, expect, it } from '@jest/globals';
import type { MeterPolicy } from '@portico/enforcement';
import { planOf } from './limit-plan.ts';

const policy = (over: Partial<MeterPolicy> = {}): MeterPolicy => ({
  id: 'pol_test',
  rateLimits: [{ requests: 100, window: '1m' }],
  quota: null,
  mode: 'default',
  onOutage: 'share',
  ...over,
});

describe('the plan of a policy', () => {
  it.each([
    [5, 9],
    [9, 5],
  ])('holds the tighter of two limits on one window: %d, then %d', (first, second) => {
    const { windows } = planOf(
      policy({
        rateLimits: [
          { requests: first, window: '1m' },
          { requests: 900, window: '1h' },
          { requests: second, window: '1m' },
        ],
      }),
    );
    expect(windows.map(({ name, limit }) => [name, limit])).toEqual([
      ['1m', 5],
      ['1h', 900],
    ]);
  });

  it('is told from another by whatever changes a verdict, and by nothing else', () => {
    const given = { quota: { requests: 5, period: 'day' } } as const;
    const different = [
      policy(),
      policy({ rateLimits: [{ requests: 101, window: '1m' }] }),
      policy({ rateLimits: [{ requests: 100, window: '1h' }] }),
      policy({ mode: 'strict' }),
      policy({ onOutage: 'open' }),
      policy(given),
      policy({ quota: { requests: 6, period: 'day' } }),
      policy({ quota: { requests: 5, period: 'week' } }),
    ].map((one) => planOf(one).fingerprint);
    expect(new Set(different).size).toBe(different.length);
    const again = policy({ ...given, id: 'pol_renamed' });
    expect(planOf(again).fingerprint).toBe(planOf(policy(given)).fingerprint);
  });
});
