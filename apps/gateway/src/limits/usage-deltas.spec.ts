import { describe, expect, it } from '@jest/globals';
import { DAY_MS, dayText, type UsageDelta } from '@portico/contracts';
import { decodeUsageDelta } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import fc from 'fast-check';
import { UsageDeltas } from './usage-deltas.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

/** A ledger that stores every delta once, and sometimes does not say so. */
function ledger(mayPublish = async (): Promise<void> => undefined) {
  const stored = new Map<string, UsageDelta>();
  const state = { isAnswerLost: false };
  const deltas = new UsageDeltas({
    ...{ nodeId: 'gw-1', epoch: 1, logger, flushEveryMs: 60_000, mayPublish },
    usage: {
      publishDelta: async (_node, deltaId, payload) => {
        stored.set(deltaId, await decodeUsageDelta(payload));
        if (state.isAnswerLost) throw new Error('no answer');
      },
    },
  });
  const counts = () => [...stored.values()].flatMap((delta) => delta.counts);
  return { deltas, state, stored, counts };
}

describe('usage deltas', () => {
  it('add up to what was counted, however they are cut, lost and sent again', async () => {
    const call = fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 0, max: 2 }));
    const flush = fc.constantFrom('flush' as const, 'flush, answer lost' as const);
    const steps = fc.array(
      fc.oneof({ weight: 4, arbitrary: call }, { weight: 1, arbitrary: flush }),
    );
    await fc.assert(
      fc.asyncProperty(steps, async (story) => {
        const { deltas, state, counts } = ledger();
        const expected = new Map<string, number>();
        for (const step of story) {
          if (typeof step === 'string') {
            state.isAnswerLost = step === 'flush, answer lost';
            await deltas.flush();
            continue;
          }
          const [profile, day] = step;
          deltas.count('cl_acme', `pr_${profile}`, day * DAY_MS);
          const key = `pr_${profile} ${dayText(day)}`;
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
        state.isAnswerLost = false;
        await deltas.stop();
        const stored = new Map<string, number>();
        for (const { profile_id, day, admitted } of counts()) {
          expect(admitted).toBeGreaterThan(0);
          const key = `${profile_id} ${day}`;
          stored.set(key, (stored.get(key) ?? 0) + admitted);
        }
        expect(stored).toEqual(expected);
      }),
    );
  });

  it('wait while the ledger is being asked, and then carry all that was counted', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { deltas, counts } = ledger(() => answered);
    deltas.count('cl_acme', 'pr_a', 0);
    const flushed = deltas.flush();
    deltas.count('cl_acme', 'pr_a', 0);
    await new Promise((turn) => setImmediate(turn));
    expect(counts()).toEqual([]);
    answer();
    await flushed;
    expect(counts()).toMatchObject([{ profile_id: 'pr_a', admitted: 2 }]);
    await deltas.stop();
  });

  it('carry more profiles than one message may name, each once', async () => {
    const { deltas, stored, counts } = ledger();
    for (let at = 0; at < 10_000; at += 1) deltas.count('cl_acme', `pr_${at}`, 0);
    await deltas.flush();
    expect(stored.size).toBe(3);
    expect(new Set(counts().map(({ profile_id }) => profile_id)).size).toBe(10_000);
    expect(counts()).toHaveLength(10_000);
    await deltas.stop();
    expect(counts()).toHaveLength(10_000);
  });
});
