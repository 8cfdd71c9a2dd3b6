import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LinkThrottle } from './link-throttle.ts';

describe('the throttle of sign-in links', () => {
  it('never lets more through than the burst and what came back since', () => {
    const steps = fc.array(fc.nat({ max: 5_000 }), { maxLength: 200 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), steps, (burst, waits) => {
        const throttle = new LinkThrottle({ burst, refillMs: 1_000 });
        let nowMs = 0;
        let granted = 0;
        for (const wait of waits) {
          nowMs += wait;
          if (throttle.take('a@b.test', nowMs)) granted += 1;
        }
        expect(granted).toBeLessThanOrEqual(burst + nowMs / 1_000);
      }),
    );
  });

  it('lets each key have its own', () => {
    const throttle = new LinkThrottle({ burst: 1, refillMs: 1_000 });
    expect([throttle.take('a', 0), throttle.take('a', 0), throttle.take('b', 0)]).toEqual([
      true,
      false,
      true,
    ]);
  });

  it('forgives in time, and is not fooled by a clock that goes back', () => {
    const throttle = new LinkThrottle({ burst: 1, refillMs: 1_000 });
    expect(throttle.take('a', 5_000)).toBe(true);
    expect(throttle.take('a', 1_000)).toBe(false);
    expect(throttle.take('a', 1_999)).toBe(false);
    expect(throttle.take('a', 2_001)).toBe(true);
  });
});
