import { describe, expect, it } from '@jest/globals';
import { AuthorityHealth } from './authority-health.ts';

describe('an authority that does not answer', () => {
  it('is out at once in default mode, and in strict mode after a second of silence', () => {
    const health = new AuthorityHealth(1_000);
    const isOutAt = (nowMs: number) => [
      health.isOut('default', nowMs),
      health.isOut('strict', nowMs),
    ];
    expect(isOutAt(500)).toEqual([false, false]);
    health.lost(500);
    health.lost(900);
    expect(isOutAt(1_499)).toEqual([true, false]);
    expect(isOutAt(1_500)).toEqual([true, true]);
    health.answered();
    expect(isOutAt(1_500)).toEqual([false, false]);
  });

  it('is news once, and so is that it answers again', () => {
    const health = new AuthorityHealth(1_000);
    expect(health.answered()).toBe(false);
    expect([health.lost(500), health.lost(600)]).toEqual([true, false]);
    expect([health.answered(), health.answered()]).toEqual([true, false]);
  });
});
