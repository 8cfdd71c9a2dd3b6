import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AuthorityClock } from './authority-clock.ts';

describe('our clock against the authority’s', () => {
  it('never dates a use earlier than it was, and at most the quickest round trip later', () => {
    const trips = fc.array(
      fc.record({
        outMs: fc.integer({ min: 0, max: 40 }),
        backMs: fc.integer({ min: 0, max: 40 }),
      }),
      { minLength: 1, maxLength: 30 },
    );
    fc.assert(
      fc.property(trips, fc.integer({ min: -1e9, max: 1e9 }), (given, offsetMs) => {
        const clock = new AuthorityClock(() => 0);
        let ownMs = 2e9;
        for (const { outMs, backMs } of given) {
          clock.sample(ownMs, Math.floor(ownMs + outMs + offsetMs));
          ownMs += outMs + backMs + 100;
        }
        const late = clock.toAuthority(ownMs) - (ownMs + offsetMs);
        expect(late).toBeGreaterThanOrEqual(0);
        expect(late).toBeLessThanOrEqual(Math.min(...given.map(({ outMs }) => outMs)) + 1);
      }),
    );
  });

  it('follows the authority’s clock when it is set, within half a minute', () => {
    const clock = new AuthorityClock(() => 0);
    for (let ownMs = 0; ownMs <= 60_000; ownMs += 1_000) clock.sample(ownMs, ownMs + 5_000);
    for (let ownMs = 61_000; ownMs <= 95_000; ownMs += 1_000) clock.sample(ownMs, ownMs + 9_000);
    expect(clock.toAuthority(95_000)).toBe(104_001);
    clock.sample(96_000, 97_000);
    expect(clock.toAuthority(96_000)).toBe(97_001);
  });
});
