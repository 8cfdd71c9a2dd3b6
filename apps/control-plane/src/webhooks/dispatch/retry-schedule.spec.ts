import { describe, expect, it } from '@jest/globals';
import { ATTEMPTS_MAX, retryDelayMs } from './retry-schedule.ts';

describe('the retry schedule', () => {
  it('grows from seconds to hours and no further', () => {
    const delays = Array.from({ length: ATTEMPTS_MAX - 1 }, (_, at) => retryDelayMs(at + 1, 0));
    expect(delays.slice(0, 6)).toEqual([5_000, 20_000, 80_000, 320_000, 1_280_000, 5_120_000]);
    expect(new Set(delays.slice(6))).toEqual(new Set([14_400_000]));
    const hours = delays.reduce((sum, delay) => sum + delay, 0) / 3_600_000;
    expect(hours).toBeGreaterThan(20);
    expect(hours).toBeLessThan(30);
  });

  it('adds at most a fifth by chance, and never takes anything away', () => {
    expect(retryDelayMs(2, 1)).toBe(24_000);
    expect(retryDelayMs(2, 0)).toBe(20_000);
  });
});
