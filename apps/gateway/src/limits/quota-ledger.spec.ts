import { describe, expect, it } from '@jest/globals';
import { parseDay } from '@portico/contracts';
import { createLogger } from '@portico/telemetry';
import { type DayCounts, QuotaLedger } from './quota-ledger.ts';
import type { UsageTruth } from './usage-truth.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const SCOPE = {
  key: 'client:cl_acme',
  clientId: 'cl_acme',
  policy: {
    id: 'pol_test',
    rateLimits: [],
    quota: { requests: 100, period: 'month' },
    mode: 'default',
    onOutage: 'share',
  },
  counts: ({ apart }: { readonly apart: boolean }) => !apart,
} as const;

/** A quota compared with what `truth` says; what was asked of it, and what it was found to be. */
function compared(at: string, truth: UsageTruth = async () => []) {
  const asked: (readonly [client: string, from: string, to: string])[] = [];
  const found: DayCounts[] = [];
  const clock = {
    nowMs: Date.parse(at),
    monotonicMs: () => clock.nowMs,
    unixMs: () => clock.nowMs,
  };
  const ledger = new QuotaLedger({
    truth: (...question) => {
      asked.push(question);
      return truth(...question);
    },
    find: () => SCOPE,
    open: () => async (days) => void found.push(days),
    ...{ clock, random: () => 0.5, logger },
  });
  const considerAfter = async (ms: number, isSeeded: boolean) => {
    clock.nowMs += ms;
    await ledger.consider(SCOPE.key, isSeeded);
  };
  return { ledger, asked, found, considerAfter };
}

describe('a quota that is compared with the ledger', () => {
  it.each([
    ['the month began before the week', '2026-11-21T10:00:00Z', '2026-11-01'],
    ['the week began before the month', '2026-12-02T10:00:00Z', '2026-11-30'],
  ])('is asked for from the first day of any period that runs: %s', async (_, at, from) => {
    const { asked, considerAfter } = compared(at);
    await considerAfter(0, false);
    expect(asked).toEqual([['cl_acme', from, at.slice(0, 10)]]);
  });

  it('adds up, day by day, what counts against the scope', async () => {
    const row = { day: '2026-11-20', profile_id: 'pr_a', apart: false, admitted: 3 };
    const { found, considerAfter } = compared('2026-11-21T10:00:00Z', async () => [
      row,
      { ...row, profile_id: 'pr_b', admitted: 4 },
      { ...row, apart: true, admitted: 50 },
      { ...row, day: '2026-11-21', admitted: 5 },
    ]);
    await considerAfter(0, false);
    expect(found).toEqual([
      [
        [parseDay('2026-11-20'), 7],
        [parseDay('2026-11-21'), 5],
      ],
    ]);
  });

  it('is asked for at once where its counter starts from nothing, then every few minutes', async () => {
    const { asked, considerAfter } = compared('2026-11-21T10:00:00Z');
    await considerAfter(0, false);
    expect(asked).toHaveLength(1);
    await considerAfter(299_999, true);
    expect(asked).toHaveLength(1);
    for (const times of [2, 3]) {
      await considerAfter(300_000, true);
      expect(asked).toHaveLength(times);
    }
  });

  it('is asked for within minutes where another node has compared it', async () => {
    const { asked, considerAfter } = compared('2026-11-21T10:00:00Z');
    await considerAfter(0, true);
    expect(asked).toHaveLength(0);
    await considerAfter(300_000, true);
    expect(asked).toHaveLength(1);
  });

  it('is asked for again in seconds where the ledger did not answer', async () => {
    const { asked, found, considerAfter } = compared('2026-11-21T10:00:00Z', async () => {
      throw new Error('away');
    });
    await considerAfter(0, false);
    await considerAfter(4_999, false);
    expect(asked).toHaveLength(1);
    await considerAfter(1, false);
    expect([asked.length, found.length]).toEqual([2, 0]);
  });

  it('is asked about a few at a time, and about no more once it does not answer', async () => {
    let answer: 'days' | 'nothing' = 'days';
    const { ledger, asked, found, considerAfter } = compared('2026-11-21T10:00:00Z', async () => {
      if (answer === 'nothing') throw new Error('away');
      return [];
    });
    const considerMany = (name: string) =>
      Promise.all(
        Array.from({ length: 50 }, (_, at) => ledger.consider(`client:cl_${name}_${at}`, false)),
      );
    const considered = considerMany('early');
    expect(asked).toHaveLength(8);
    await considered;
    expect([asked.length, found.length]).toEqual([50, 50]);
    answer = 'nothing';
    await considerMany('late');
    expect(asked).toHaveLength(58);
    expect(ledger.consider('client:cl_new', false)).toBeNull();
    await considerAfter(5_000, false);
    expect(asked).toHaveLength(59);
  });
});
