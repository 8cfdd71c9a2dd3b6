import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { UseLog } from './use-log.ts';

describe('what a node has used and not yet reported', () => {
  it('is reported whole, no use dated before it happened, in a report of bounded size', () => {
    // Without `size` arrays stay at some ten: too few for reports to be merged.
    const gap = fc.integer({ min: 0, max: 9 });
    const gaps = fc.array(gap, { minLength: 1, maxLength: 900, size: 'max' });
    fc.assert(
      fc.property(gaps, (gapsMs) => {
        const log = new UseLog();
        const usedAtMs: number[] = [];
        let nowMs = 1_000;
        for (const gapMs of gapsMs) {
          nowMs += gapMs;
          log.add(nowMs);
          usedAtMs.push(nowMs);
        }
        const uses = log.freeze(1, (ownMs) => ownMs)?.uses ?? [];
        expect(uses.length).toBeLessThanOrEqual(64);
        expect(uses.reduce((sum, [, count]) => sum + count, 0)).toBe(usedAtMs.length);
        let [reported, happened] = [0, 0];
        for (const [atMs, count] of uses) {
          reported += count;
          while ((usedAtMs[happened] ?? Infinity) <= atMs) happened += 1;
          expect(reported).toBeLessThanOrEqual(happened);
        }
      }),
      { interruptAfterTimeLimit: 5_000 },
    );
  });

  it('stays as it was sent until it is acknowledged, while new uses gather behind it', () => {
    const log = new UseLog();
    log.add(10);
    const report = log.freeze(7, (ownMs) => ownMs);
    log.add(400);
    expect(log.freeze(8, (ownMs) => ownMs)).toBe(report);
    expect([log.count, log.openCount]).toEqual([2, 1]);
    if (report) expect([log.acknowledge(report), log.acknowledge(report)]).toEqual([true, false]);
    expect(log.freeze(9, (ownMs) => ownMs)).toEqual({ sequence: 9, uses: [[400, 1]] });
  });
});
