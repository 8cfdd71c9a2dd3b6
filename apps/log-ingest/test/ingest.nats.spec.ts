import { fileURLToPath } from 'node:url';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { jetstreamManager } from '@nats-io/jetstream';
import { connect, nanos } from '@nats-io/transport-node';
import { NATS } from '@portico/contracts';
import { connectNats, encodeBatch, encodeUsageDelta, type Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import {
  eventually,
  runProcess,
  startNats,
  testDatabase,
  type Running,
  type Service,
  type TestDatabase,
} from '@portico/testkit';
import pg from 'pg';
import { aBatch, aDelta, aRecord } from './records.ts';

const TOKEN = 'test-log-ingest-token';
const logger = createLogger({ service: 'test', level: 'silent' });

/** What was not acknowledged comes again after two seconds, not thirty. */
async function redeliverSoon(natsUrl: string, feeds: Feeds): Promise<void> {
  // Streams and consumers are made by whoever comes first, and then left as they are.
  const none = async (): Promise<void> => undefined;
  const made = [
    await feeds.recordConsumer.consume(none, { maxInFlight: 1 }),
    await feeds.usage.consumeDeltas(none, { maxInFlight: 1 }),
  ];
  const connection = await connect({ servers: natsUrl });
  const manager = await jetstreamManager(connection);
  const ack_wait = nanos(2_000);
  await eventually(() =>
    manager.consumers.update(NATS.logsStream, NATS.logsConsumer, { ack_wait }),
  );
  await eventually(() =>
    manager.consumers.update(NATS.usageStream, NATS.usageConsumer, { ack_wait }),
  );
  await Promise.all(made.map((consumer) => consumer.stop()));
  await connection.close();
}

/** Log ingest as processes of their own, on a real NATS and a real PostgreSQL. */
describe('log ingest, killed and cut off', () => {
  let nats: Service;
  let feeds: Feeds;
  let database: TestDatabase;
  let admin: pg.Pool;
  let processes: Running[] = [];

  beforeAll(async () => {
    nats = await startNats();
    feeds = await connectNats({ servers: nats.url, name: 'test', logger });
    await redeliverSoon(nats.url, feeds);
  });
  beforeEach(async () => {
    database = await testDatabase();
    admin = new pg.Pool({ connectionString: database.url, max: 1 });
  });
  afterEach(async () => {
    await Promise.all(processes.map((running) => running.stop()));
    processes = [];
    await admin.end();
    await database.drop();
  });
  afterAll(async () => {
    await feeds.close();
    await nats.stop();
  });

  const start = async (file: string, databaseUrl = database.url): Promise<Running> => {
    const running = await runProcess({
      command: process.execPath,
      args: [
        ...['--conditions=source', '--no-warnings'],
        fileURLToPath(new URL(file, import.meta.url)),
      ],
      env: {
        LOG_DATABASE_URL: databaseUrl,
        NATS_URL: nats.url,
        LOG_INGEST_PORT: '0',
        LOG_INGEST_TOKEN: TOKEN,
      },
      readyWhen: /"port":(\d+).*is running/,
    });
    processes.push(running);
    return running;
  };
  const startMain = () => start('../src/main.ts');
  const publish = async (count: number): Promise<number[]> => {
    const records = Array.from({ length: count }, () => aRecord());
    const batch = aBatch(records);
    await feeds.records.publish('node-1', batch.batch_id, encodeBatch(batch));
    return records.map(({ sequence }) => sequence);
  };
  const publishUsage = async (sequence: number, admitted: number): Promise<void> => {
    const counts = [{ client_id: 'cl_a', profile_id: 'pr_a', day: '2026-11-20', admitted }];
    const delta = aDelta({ epoch: Date.now(), sequence, counts });
    await feeds.usage.publishDelta(
      'node-1',
      `u-${delta.epoch}-${sequence}`,
      encodeUsageDelta(delta),
    );
  };
  const storedSequences = async (): Promise<number[]> => {
    const { rows } = await admin.query<{ sequence: string }>(
      'SELECT sequence FROM logs.records ORDER BY sequence',
    );
    return rows.map(({ sequence }) => Number(sequence));
  };
  const usageTotal = async (): Promise<number> => {
    const { rows } = await admin.query<{ total: string }>(
      'SELECT coalesce(sum(admitted), 0) AS total FROM logs.usage_daily',
    );
    return Number(rows[0]?.total);
  };
  const get = async (running: Running, path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${running.ready?.[1]}${path}`, {
      headers: { authorization: `Bearer ${TOKEN}` },
    });
  const metric = async (running: Running, name: RegExp): Promise<number> =>
    Number(name.exec(await (await get(running, '/metrics')).text())?.[1]);

  it('loses and doubles nothing when it is killed between commit and acknowledgement', async () => {
    const dying = await start('./crash-child.ts');
    const sequences = await publish(50);
    expect(await dying.exited).toBe('SIGKILL');
    expect(await storedSequences()).toEqual(sequences);
    const survivor = await startMain();
    await eventually(
      async () =>
        expect(await metric(survivor, /batches_total\{outcome="duplicate".*?\} (\d+)/)).toBe(1),
      { withinMs: 60_000 },
    );
    expect(await storedSequences()).toEqual(sequences);
    const { rows } = await admin.query(
      `SELECT sum(requests)::int AS n
       FROM (TABLE logs.counts_pending UNION ALL SELECT at, client_id, profile_id, collection_id,
               endpoint_id, status, 0, requests FROM logs.calls_hourly) AS counted`,
    );
    expect(rows).toEqual([{ n: 50 }]);
  }, 90_000);

  it('counts usage once when it is killed between commit and acknowledgement', async () => {
    const dying = await start('./crash-child.ts');
    await publishUsage(1, 41);
    expect(await dying.exited).toBe('SIGKILL');
    expect(await usageTotal()).toBe(41);
    const survivor = await startMain();
    await publishUsage(2, 1);
    await eventually(
      async () =>
        expect(await metric(survivor, /deltas_total\{outcome="duplicate".*?\} (\d+)/)).toBe(1),
      { withinMs: 60_000 },
    );
    expect(await usageTotal()).toBe(42);
  }, 90_000);

  it('stores every record once over kill -9 at any moment, by two processes at once', async () => {
    const sequences: number[] = [];
    for (let round = 0; round < 3; round++) {
      const doomed = await Promise.all([startMain(), startMain()]);
      const before = (await storedSequences()).length;
      const publishing = (async () => {
        for (let n = 0; n < 30; n++) sequences.push(...(await publish(40)));
      })();
      await eventually(async () => (await storedSequences()).length > before + round * 200, {
        withinMs: 20_000,
      });
      await Promise.all(doomed.map((running) => running.kill()));
      await publishing;
    }
    await startMain();
    await eventually(
      async () => expect((await storedSequences()).length).toBeGreaterThanOrEqual(sequences.length),
      { withinMs: 60_000 },
    );
    expect(await storedSequences()).toEqual(sequences.toSorted((a, b) => a - b));
  }, 120_000);

  it('parks what is no batch at all, and a batch with a bad record, with the reason', async () => {
    const running = await startMain();
    await feeds.records.publish('node-1', 'garbage-1', Buffer.from('not a batch'));
    const [good, bad] = [aRecord(), aRecord()];
    const batch = aBatch([good, { ...bad, latency_ms: 'fast' as unknown as number }]);
    await feeds.records.publish('node-1', batch.batch_id, encodeBatch(batch));
    await eventually(async () => {
      const parked = await feeds.deadLetters.list(10);
      const reasons = new Map(parked.map(({ batchId, reason }) => [batchId, reason]));
      expect(parked).toHaveLength(2);
      expect(reasons.get('garbage-1')).toBe('not zstd');
      expect(reasons.get(batch.batch_id)).toMatch(`record ${bad.sequence}: latency_ms`);
    });
    expect(await storedSequences()).toEqual([good.sequence]);
    expect(await metric(running, /parked_records_total\S* (\d+)/)).toBe(1);
    const { rows } = await admin.query('SELECT sequence::int, reason FROM logs.parked_records');
    expect(rows).toMatchObject([{ sequence: bad.sequence }]);
  });

  it('takes no more batches once told to stop, and finishes those it has', async () => {
    const running = await startMain();
    const sequences: number[] = [];
    for (let n = 0; n < 20; n++) sequences.push(...(await publish(20)));
    expect(await running.stop()).toBe(0);
    const next = await startMain();
    await eventually(async () => expect(await storedSequences()).toEqual(sequences));
    expect(await metric(next, /batches_total\{outcome="duplicate".*?\} (\d+)/)).toBeNaN();
  });
});
