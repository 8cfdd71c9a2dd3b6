import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RecordBatch } from '@portico/contracts';
import { decodeBatch } from '@portico/messaging';
import type { RecordPublisher } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import fc from 'fast-check';
import { copyDirectory } from '../../test/copy-directory.ts';
import { aRecord } from '../../test/record-stream.ts';
import { Journal } from './journal.ts';
import { LeftBehind } from './left-behind.ts';
import { NO_CLIENT } from './loss-ledger.ts';
import { Outbox } from './outbox.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
const FLUSH_MS = 100;
// Taken before the clock is ours: files are read and deleted in real time.
const realTurn = setImmediate;
const realNowMs = performance.now.bind(performance);
/** Deleting a few files, on a machine that has other things to do. */
const PATIENCE_MS = 20_000;

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('add' as const),
      count: fc.integer({ min: 1, max: 250 }),
      client: fc.constantFrom('cl_acme', 'cl_globex', null),
      status: fc.constantFrom(200, 503),
    }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('note' as const, 'flush' as const) }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('acknowledge' as const, 'lose the answer' as const, 'fail' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('kill' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

const sizes = fc.record({
  /** The first sheds all the time, the second never. */
  bytesMax: fc.constantFrom(60_000, 10_000_000),
  /** The first rewrites the journal all the time. */
  appendBytes: fc.constantFrom(1_000, 1_000_000),
});
type Sizes = typeof sizes extends fc.Arbitrary<infer T> ? T : never;

/** A stream that answers a publish when it is told to, and knows a batch that it has by its id. */
class HeldStream implements RecordPublisher {
  readonly payloadById = new Map<string, Uint8Array>();
  #held: { batchId: string; payload: Uint8Array; answer: PromiseWithResolvers<void> }[] = [];

  publish(_node: string, batchId: string, payload: Uint8Array): Promise<void> {
    const answer = Promise.withResolvers<void>();
    this.#held.push({ batchId, payload, answer });
    return answer.promise;
  }

  get isWaitedFor(): boolean {
    return this.#held.length > 0;
  }

  answerOldest({ stores, says }: { stores: boolean; says: boolean }): void {
    const held = this.#held.shift();
    if (held === undefined) return;
    if (stores && !this.payloadById.has(held.batchId)) {
      this.payloadById.set(held.batchId, held.payload);
    }
    if (says) held.answer.resolve();
    else held.answer.reject(new Error('no answer'));
  }

  /** The process that waited is no more. */
  forget(): void {
    this.#held = [];
  }

  batches(): Promise<RecordBatch[]> {
    return Promise.all([...this.payloadById.values()].map((payload) => decodeBatch(payload)));
  }
}

/** One node of which each process may be killed at any time, and the next one starts. */
class World {
  readonly stream = new HeldStream();
  readonly emitted: { readonly node: string; readonly client: string; readonly at: number }[] = [];
  /** Added in the millisecond in which their process was killed: nothing can know of them. */
  readonly unseen = new Set<(typeof this.emitted)[number]>();
  readonly #root: string;
  readonly #sizes: Sizes;
  #unnoted: (typeof this.emitted)[number][] = [];
  #processes = 0;
  #directory = '';
  #outbox!: Outbox;

  constructor(root: string, given: Sizes) {
    this.#root = root;
    this.#sizes = given;
  }

  async begin(): Promise<void> {
    this.#directory = join(this.#root, 'process-0');
    mkdirSync(this.#directory);
    await this.#startProcess();
  }

  async run(now: Step): Promise<void> {
    switch (now.kind) {
      case 'add':
        return this.#add(now);
      case 'note':
        return this.#advance(1);
      case 'flush':
        return this.#advance(FLUSH_MS);
      case 'acknowledge':
        this.stream.answerOldest({ stores: true, says: true });
        return settle();
      case 'lose the answer':
        this.stream.answerOldest({ stores: true, says: false });
        return settle();
      case 'fail':
        this.stream.answerOldest({ stores: false, says: false });
        return settle();
      case 'kill':
        return this.#kill();
    }
  }

  /** All goes well from here on, until nothing is left to do. */
  async end(): Promise<void> {
    await this.#kill();
    const giveUpAtMs = realNowMs() + PATIENCE_MS;
    while (readdirSync(this.#directory).length > 0 && realNowMs() < giveUpAtMs) {
      await this.#advance(FLUSH_MS);
      while (this.stream.isWaitedFor) {
        this.stream.answerOldest({ stores: true, says: true });
        await settle();
      }
    }
    expect(readdirSync(this.#directory)).toEqual([]);
    await this.#outbox.stop(0);
  }

  #add({ count, client, status }: Extract<Step, { kind: 'add' }>): void {
    for (let at = 0; at < count; at += 1) {
      const record = aRecord({ client_id: client, status });
      this.#outbox.add(record);
      const { node } = this.#outbox;
      const emitted = { node, client: client ?? NO_CLIENT, at: record.sequence };
      this.emitted.push(emitted);
      this.#unnoted.push(emitted);
    }
  }

  async #advance(ms: number): Promise<void> {
    await jest.advanceTimersByTimeAsync(ms);
    this.#unnoted = [];
    await settle();
  }

  async #kill(): Promise<void> {
    const left = join(this.#root, `process-${this.#processes}`);
    copyDirectory(this.#directory, left);
    for (const record of this.#unnoted) this.unseen.add(record);
    this.#unnoted = [];
    jest.clearAllTimers();
    this.stream.forget();
    // Only so that this test keeps no file open; the dead write to a place that nobody reads.
    rmSync(this.#directory, { recursive: true });
    await this.#outbox.stop(0);
    this.#directory = left;
    await this.#startProcess();
  }

  async #startProcess(): Promise<void> {
    this.#processes += 1;
    const node = `node-${this.#processes}`;
    const { bytesMax, appendBytes } = this.#sizes;
    const directory = this.#directory;
    const leftBehind = await LeftBehind.open(directory, logger);
    const journal = new Journal({ directory, node, logger, bytesMax: 50_000_000, appendBytes });
    const settings = { publisher: this.stream, logger, spill: null, flushEveryMs: FLUSH_MS };
    this.#outbox = new Outbox({ ...settings, node, bytesMax, journal, leftBehind });
  }
}

/** Lets everything happen that needs no timer. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 4; turn += 1) await new Promise((next) => realTurn(next));
}

describe('a gateway that is killed at any time, again and again', () => {
  let root: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'portico-killed-'));
    jest.useFakeTimers();
  });
  afterEach(() => {
    jest.useRealTimers();
    rmSync(root, { recursive: true, force: true });
  });

  it('stores each record once, or counts it as lost once, for its client', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), sizes, async (steps, given) => {
        const world = new World(mkdtempSync(join(root, 'world-')), given);
        await world.begin();
        for (const now of steps) await world.run(now);
        await world.end();
        await expectNothingMissing(world);
      }),
      { numRuns: 250 },
    );
  }, 120_000);
});

async function expectNothingMissing({ stream, emitted, unseen }: World): Promise<void> {
  const batches = await stream.batches();
  const stored = batches.flatMap(({ node, records }) =>
    records.map((record) => ({ node, client: record.client_id ?? NO_CLIENT, at: record.sequence })),
  );
  const names = stored.map(({ node, at }) => `${node} ${at}`);
  expect(new Set(names).size).toBe(names.length);
  const losses = batches.flatMap((batch) => batch.losses);
  const keyOf = (it: { node: string; client: string }): string => `${it.node} ${it.client}`;
  const storedNames = new Set(names);
  for (const key of new Set(emitted.map(keyOf))) {
    const mine = emitted.filter((it) => keyOf(it) === key);
    const missing = mine.filter(({ node, at }) => !storedNames.has(`${node} ${at}`));
    const counted = losses
      .filter(({ node }) => key.startsWith(`${node} `))
      .reduce((sum, loss) => sum + (loss.lost_by_client[key.split(' ')[1] ?? ''] ?? 0), 0);
    const neverSeen = missing.filter((it) => unseen.has(it)).length;
    expect(counted).toBeLessThanOrEqual(missing.length);
    expect(counted).toBeGreaterThanOrEqual(missing.length - neverSeen);
  }
}
