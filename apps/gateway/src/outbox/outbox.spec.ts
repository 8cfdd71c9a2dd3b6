import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '@portico/telemetry';
import { eventually } from '@portico/testkit';
import { aRecord, Stream } from '../../test/record-stream.ts';
import { Outbox } from './outbox.ts';
import { Spill } from './spill.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let directory: string;
const outboxes: Outbox[] = [];

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'portico-outbox-'));
});
afterEach(async () => {
  for (const outbox of outboxes.splice(0)) await outbox.stop(0);
  rmSync(directory, { recursive: true, force: true });
});

const open = (
  stream: Stream,
  over: Partial<ConstructorParameters<typeof Outbox>[0]> = {},
): Outbox => {
  const outbox = new Outbox({
    node: 'node-1',
    publisher: stream,
    logger,
    bytesMax: 64 * 1024 * 1024,
    spill: null,
    flushEveryMs: 5,
    retryAfterMs: 5,
    ...over,
  });
  outboxes.push(outbox);
  return outbox;
};
const upTo = (count: number): number[] => Array.from({ length: count }, (_, at) => at + 1);

describe('the outbox', () => {
  it('sends every record once, in batches of at most 200, without a gap in the sequence', async () => {
    const stream = new Stream();
    const outbox = open(stream);
    for (let at = 0; at < 1_000; at += 1) outbox.add(aRecord());
    await eventually(() => stream.records.length === 1_000);
    expect(stream.sequences()).toEqual(upTo(1_000));
    expect(Math.max(...[...stream.batches.values()].map(({ records }) => records.length))).toBe(
      200,
    );
  });

  it('repeats a batch under the same id until the stream says that it has it', async () => {
    const stream = new Stream();
    stream.losesAnswers = 3;
    const outbox = open(stream);
    for (let at = 0; at < 10; at += 1) outbox.add(aRecord());
    await outbox.stop(5_000);
    expect(stream.publishes).toBeGreaterThan(3);
    expect(stream.sequences()).toEqual(upTo(10));
  });

  it('keeps records on disk while the stream is away, and sends them once it is back', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const outbox = open(stream, { spill: await Spill.open(directory, 10_000_000) });
    for (let at = 0; at < 500; at += 1) outbox.add(aRecord());
    await eventually(() => outbox.depth === 0 && outbox.spilledBytes > 0);
    stream.isAway = false;
    await eventually(() => stream.records.length === 500);
    expect(stream.sequences()).toEqual(upTo(500));
    await eventually(() => readdirSync(directory).length === 0);
  });

  it('leaves what it could not send to the process after it', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const first = open(stream, { spill: await Spill.open(directory, 10_000_000) });
    for (let at = 0; at < 20; at += 1) first.add(aRecord());
    await eventually(() => first.spilledBytes > 0);
    await first.stop(1_000);
    stream.isAway = false;
    open(stream, { node: 'node-2', spill: await Spill.open(directory, 10_000_000) });
    await eventually(() => stream.records.length === 20);
    expect([...stream.batches.values()].map(({ node }) => node)).toEqual(['node-1']);
  });

  it('gives up bodies before records, and records of calls that went well before others', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const outbox = open(stream, { bytesMax: 400_000, retryAfterMs: 20 });
    const body = Buffer.alloc(2_000);
    for (let at = 0; at < 20_000; at += 1) {
      outbox.add(aRecord({ status: at % 10 === 0 ? 503 : 200, response_body: body }));
    }
    expect(outbox.shedBodies).toBeGreaterThan(0);
    expect(outbox.lost).toBeGreaterThan(0);
    stream.isAway = false;
    await outbox.stop(20_000);
    expect(stream.records.filter(({ status }) => status === 503)).toHaveLength(2_000);
  }, 60_000);

  it('counts every loss by client: emitted = stored + counted as lost', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const outbox = open(stream, { bytesMax: 200_000, retryAfterMs: 20 });
    const emitted = new Map<string, number>();
    for (let at = 0; at < 12_000; at += 1) {
      const client_id = at % 3 === 0 ? 'cl_globex' : 'cl_acme';
      emitted.set(client_id, (emitted.get(client_id) ?? 0) + 1);
      outbox.add(aRecord({ client_id }));
    }
    stream.isAway = false;
    await outbox.stop(20_000);
    const losses = [...stream.batches.values()].flatMap((batch) => batch.losses);
    for (const [client, count] of emitted) {
      const stored = stream.records.filter(({ client_id }) => client_id === client).length;
      const lost = losses.reduce((sum, it) => sum + (it.lost_by_client[client] ?? 0), 0);
      expect([client, stored + lost]).toEqual([client, count]);
    }
    expect(stream.lost).toBe(outbox.lost);
    expect(stream.lost).toBeGreaterThan(0);
  }, 60_000);

  it('takes no more disk than it may', async () => {
    const stream = new Stream();
    stream.isAway = true;
    const outbox = open(stream, { spill: await Spill.open(directory, 20_000), bytesMax: 200_000 });
    for (let at = 0; at < 5_000; at += 1) outbox.add(aRecord({ path: `/${Math.random()}` }));
    await eventually(() => outbox.spilledBytes > 0);
    expect(outbox.spilledBytes).toBeLessThanOrEqual(20_000);
  });
});
