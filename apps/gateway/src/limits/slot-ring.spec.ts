import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SlotRing } from './slot-ring.ts';

const WINDOW_MS = 1_000;

/** Moves of time (also far ones) and uses, some of them dated back. */
const stepsOf = fc.array(
  fc.record({
    passMs: fc.oneof(fc.integer({ min: 0, max: 30 }), fc.integer({ min: 0, max: 5_000 })),
    count: fc.integer({ min: 0, max: 5 }),
    agoMs: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 2_500 })),
  }),
  { maxLength: 120 },
);

describe('a ring of slots', () => {
  it('never counts less than the window holds, and at most one slot more', () => {
    fc.assert(
      fc.property(stepsOf, fc.integer({ min: 1, max: 300 }), (steps, slotMs) => {
        const ring = new SlotRing(WINDOW_MS, slotMs);
        const uses: { atMs: number; count: number }[] = [];
        let nowMs = 1_000_000;
        for (const { passMs, count, agoMs } of steps) {
          nowMs += passMs;
          ring.used(nowMs);
          const atMs = nowMs - agoMs;
          ring.add(atMs, count);
          uses.push({ atMs, count });
          const since = (fromMs: number) =>
            uses.reduce((sum, use) => sum + (use.atMs > fromMs ? use.count : 0), 0);
          expect(ring.used(nowMs)).toBeGreaterThanOrEqual(since(nowMs - WINDOW_MS));
          expect(ring.used(nowMs)).toBeLessThanOrEqual(since(nowMs - WINDOW_MS - 2 * slotMs));
        }
      }),
    );
  });

  it('says exactly when each use stops counting', () => {
    fc.assert(
      fc.property(stepsOf, (steps) => {
        const ring = new SlotRing(WINDOW_MS, 50);
        let nowMs = 5_000_000;
        for (const { passMs, count } of steps) ring.add((nowMs += passMs), count);
        let left = ring.used(nowMs);
        const emptyAtMs = ring.emptyAtMs() ?? nowMs;
        for (const [expiresAtMs, count] of [...ring.expiries()]) {
          expect(ring.used(expiresAtMs - 1)).toBe(left);
          left -= count;
          expect(ring.used(expiresAtMs)).toBe(left);
        }
        expect(left).toBe(0);
        expect(ring.used(emptyAtMs)).toBe(0);
      }),
    );
  });

  it('copied use by use into another ring, never counts less there', () => {
    fc.assert(
      fc.property(stepsOf, fc.integer({ min: 1, max: 400 }), (steps, slotMs) => {
        const source = new SlotRing(2 * WINDOW_MS, 77);
        let nowMs = 9_000_000;
        const uses: { atMs: number; count: number }[] = [];
        for (const { passMs, count } of steps) {
          source.add((nowMs += passMs), count);
          uses.push({ atMs: nowMs, count });
        }
        const copy = new SlotRing(WINDOW_MS, slotMs);
        for (const [atMs, count] of source.uses(nowMs)) copy.add(atMs, count);
        const within = uses.filter(({ atMs }) => atMs > nowMs - WINDOW_MS);
        const used = within.reduce((sum, { count }) => sum + count, 0);
        expect(copy.used(nowMs)).toBeGreaterThanOrEqual(used);
      }),
    );
  });

  it('ignores a clock that goes back, and gives its memory back when empty', () => {
    const ring = new SlotRing(WINDOW_MS, 50);
    ring.add(10_000, 3);
    expect(ring.used(4_000)).toBe(3);
    expect(ring.compact(10_500)).toBe(false);
    expect(ring.compact(11_100)).toBe(true);
    ring.add(11_200, 1);
    expect(ring.used(11_200)).toBe(1);
  });
});
