import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DAY_MS, dayText, type UsageDelta } from '@portico/contracts';
import { decodeUsageDelta } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import fc from 'fast-check';
import { copyDirectory } from '../../test/copy-directory.ts';
import { UsageDeltas } from './usage-deltas.ts';
import { UsageJournal } from './usage-journal.ts';

const logger = createLogger({ service: 'test', level: 'silent' });

const acme = (id: string, policyId: string | null = null) => ({
  id,
  clientId: 'cl_acme',
  policyId,
});
const PR_A = acme('pr_a');

/** One key per what the ledger tells apart. */
const keyOf = ({ client_id, profile_id, day, apart = false }: UsageDelta['counts'][number]) =>
  `${client_id} ${profile_id} ${day} ${apart}`;

function sumByKey(counts: UsageDelta['counts']): Map<string, number> {
  const sums = new Map<string, number>();
  for (const count of counts) {
    sums.set(keyOf(count), (sums.get(keyOf(count)) ?? 0) + count.admitted);
  }
  return sums;
}

interface Call {
  readonly profile: number;
  readonly day: number;
  readonly apart: boolean;
}

/** Of one of four profiles, which gain and lose a policy of their own, on one of three days. */
const aCall: fc.Arbitrary<Call> = fc.record({
  profile: fc.integer({ min: 1, max: 4 }),
  day: fc.integer({ min: 0, max: 2 }),
  apart: fc.boolean(),
});

/** Counts it, and says under which key the ledger should have it. */
function makeCall(deltas: UsageDeltas, { profile, day, apart }: Call): string {
  deltas.count(acme(`pr_${profile}`, apart ? 'pol_own' : null), day * DAY_MS);
  return `cl_acme pr_${profile} ${dayText(day)} ${apart}`;
}

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
    const flush = fc.constantFrom('flush' as const, 'flush, answer lost' as const);
    const steps = fc.array(
      fc.oneof({ weight: 4, arbitrary: aCall }, { weight: 1, arbitrary: flush }),
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
          const key = makeCall(deltas, step);
          expected.set(key, (expected.get(key) ?? 0) + 1);
        }
        state.isAnswerLost = false;
        await deltas.stop();
        for (const { admitted } of counts()) expect(admitted).toBeGreaterThan(0);
        expect(sumByKey(counts())).toEqual(expected);
      }),
    );
  });

  it('say of a profile that gains and loses a policy of its own what each call counted against', async () => {
    const { deltas, counts } = ledger();
    for (const policyId of [null, 'pol_own', 'pol_other', null]) {
      deltas.count(acme('pr_a', policyId), 0);
    }
    await deltas.flush();
    const of = { client_id: 'cl_acme', profile_id: 'pr_a', day: dayText(0) };
    expect(counts()).toEqual([
      { ...of, admitted: 1 },
      { ...of, admitted: 2, apart: true },
      { ...of, admitted: 1 },
    ]);
    await deltas.stop();
  });

  it('wait while the ledger is being asked, and then carry all that was counted', async () => {
    const { promise: answered, resolve: answer } = Promise.withResolvers<void>();
    const { deltas, counts } = ledger(() => answered);
    deltas.count(PR_A, 0);
    const flushed = deltas.flush();
    deltas.count(PR_A, 0);
    await new Promise((turn) => setImmediate(turn));
    expect(counts()).toEqual([]);
    answer();
    await flushed;
    expect(counts()).toMatchObject([{ profile_id: 'pr_a', admitted: 2 }]);
    await deltas.stop();
  });

  it('carry more profiles than one message may name, each once', async () => {
    const { deltas, stored, counts } = ledger();
    for (let at = 0; at < 10_000; at += 1) deltas.count(acme(`pr_${at}`), 0);
    await deltas.flush();
    expect(stored.size).toBe(3);
    expect(new Set(counts().map(({ profile_id }) => profile_id)).size).toBe(10_000);
    expect(counts()).toHaveLength(10_000);
    await deltas.stop();
    expect(counts()).toHaveLength(10_000);
  });
});

describe('usage over kills', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'portico-usage-'));
    jest.useFakeTimers({ doNotFake: ['nextTick', 'queueMicrotask', 'setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(root, { recursive: true, force: true });
  });

  /** One node that is started again and again on what its last process left, over one ledger. */
  class Node {
    readonly stored = new Map<string, UsageDelta>();
    answers: 'stored' | 'lost' | 'refused' = 'stored';
    /** Goes on while a delta is on its way. */
    meanwhile = (): void => undefined;
    deltas!: UsageDeltas;
    #directory = '';
    #starts = 0;

    async start(): Promise<void> {
      this.#starts += 1;
      const left = this.#directory;
      this.#directory = join(root, String(Math.random()));
      mkdirSync(this.#directory);
      // The killed process goes on in its own directory, unseen by anybody.
      if (left !== '') copyDirectory(left, this.#directory);
      const whose = { nodeId: 'gw-1', epoch: this.#starts, logger };
      this.deltas = new UsageDeltas({
        ...whose,
        flushEveryMs: 60_000,
        journal: new UsageJournal({ ...whose, directory: this.#directory, appendBytes: 300 }),
        usage: { publishDelta: (_node, id, payload) => this.#publish(id, payload) },
      });
      await this.deltas.inherit();
    }

    async #publish(id: string, payload: Uint8Array): Promise<void> {
      this.meanwhile();
      if (this.answers === 'refused') throw new Error('refused');
      const delta = await decodeUsageDelta(payload);
      const before = this.stored.get(id);
      if (before) expect(sumByKey(delta.counts)).toEqual(sumByKey(before.counts));
      this.stored.set(id, delta);
      if (this.answers === 'lost') throw new Error('no answer');
    }

    counts(): Map<string, number> {
      return sumByKey([...this.stored.values()].flatMap(({ counts }) => counts));
    }

    left(): string[] {
      return readdirSync(this.#directory);
    }
  }

  const note = (): void => void jest.advanceTimersByTime(5);

  it('loses only what was counted since the journal was last written, and counts nothing twice', async () => {
    const event = fc.constantFrom(
      ...(['note', 'note', 'stored', 'lost', 'refused', 'kill', 'end'] as const),
    );
    const stories = fc.array(
      fc.oneof({ weight: 1, arbitrary: aCall }, { weight: 1, arbitrary: event }),
      { minLength: 10, maxLength: 60, size: 'max' },
    );
    await fc.assert(
      fc.asyncProperty(stories, async (story) => {
        const node = new Node();
        await node.start();
        const counted = new Map<string, number>();
        let unnoted = 0;
        let mayBeLost = 0;
        const count = (call: Call): void => {
          const key = makeCall(node.deltas, call);
          counted.set(key, (counted.get(key) ?? 0) + 1);
          unnoted += 1;
        };
        for (const step of story) {
          if (typeof step !== 'string') {
            count(step);
          } else if (step === 'note') {
            note();
            unnoted = 0;
          } else if (step === 'kill') {
            mayBeLost += unnoted;
            unnoted = 0;
            await node.start();
          } else if (step === 'end') {
            const ending = node.deltas.stop(0);
            await jest.advanceTimersByTimeAsync(10);
            await ending;
            unnoted = 0;
            await node.start();
          } else {
            node.answers = step;
            node.meanwhile = () => {
              node.meanwhile = () => undefined;
              count({ profile: 1, day: 0, apart: false });
            };
            await node.deltas.flush();
          }
        }
        node.answers = 'stored';
        await node.deltas.flush();
        const stored = node.counts();
        for (const [key, admitted] of stored) {
          expect(admitted).toBeLessThanOrEqual(counted.get(key) ?? 0);
        }
        const sum = (counts: Map<string, number>): number =>
          [...counts.values()].reduce((total, admitted) => total + admitted, 0);
        expect(sum(counted) - sum(stored)).toBeLessThanOrEqual(mayBeLost);
        await node.deltas.stop();
        expect(node.left()).toEqual([]);
      }),
    );
  });

  it('sends nothing again that it knows to be stored: the ledger forgets numbers after some days', async () => {
    const node = new Node();
    await node.start();
    node.deltas.count(PR_A, 0);
    await node.deltas.flush();
    node.stored.clear();
    await node.start();
    await node.deltas.flush();
    expect(node.stored.size).toBe(0);
    expect(node.left()).toEqual([]);
  });

  it('keeps more profiles than one delta may name', async () => {
    const node = new Node();
    await node.start();
    for (let at = 0; at < 10_000; at += 1) node.deltas.count(acme(`pr_${at}`), 0);
    node.answers = 'lost';
    await node.deltas.flush();
    note();
    await node.start();
    node.answers = 'stored';
    await node.deltas.flush();
    expect([...node.counts().values()]).toEqual(new Array(10_000).fill(1));
    await node.deltas.stop();
  });

  it('stays small while the ledger is away for long', async () => {
    const node = new Node();
    await node.start();
    node.answers = 'refused';
    for (let at = 0; at < 30_000; at += 1) {
      node.deltas.count(PR_A, 0);
      note();
    }
    await node.start();
    node.answers = 'stored';
    await node.deltas.flush();
    expect(node.counts()).toEqual(new Map([[`cl_acme pr_a ${dayText(0)} false`, 30_000]]));
    await node.deltas.stop();
  });
});
