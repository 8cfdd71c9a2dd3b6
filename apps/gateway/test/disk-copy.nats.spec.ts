import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectNats } from '@portico/messaging';
import type { Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { aClient, aCollection, eventually, startNats, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { DiskCopy } from '../src/config-feed/disk-copy.ts';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';

const logger = createLogger({ service: 'test', level: 'silent' });
let directory: string;
let upstream: Upstream;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'portico-copy-'));
  upstream = await startUpstream();
});
afterEach(async () => {
  rmSync(directory, { recursive: true, force: true });
  await upstream.stop();
});

const call = (url: string) => fetch(`${url}/v1/orders`, { headers: IDENTITY });

describe('the copy on disk', () => {
  it('lets a new node serve while NATS is away, marked stale until it is back', async () => {
    const nats = await startNats();
    const connect = (firstConnectWaitMs: number): Promise<Feeds> =>
      connectNats({ servers: nats.url, name: 'test', logger, firstConnectWaitMs });
    const env = { SNAPSHOT_CACHE_DIR: directory };
    let feeds = await connect(20_000);
    const first = await startTestGateway({
      env,
      feeds,
      resources: {
        clients: [aClient()],
        collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
      },
    });
    await first.publish({ clients: [aClient({ name: 'Changed since' })] });
    await first.stop();
    await feeds.close();
    const file = join(directory, 'snapshot.copy');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readFileSync(file).includes('cl_acme')).toBe(false);

    await nats.kill();
    feeds = await connect(300);
    const second = await startTestGateway({ env, feeds, withoutRecords: true });
    expect((await call(second.url)).status).toBe(200);
    const readiness = await fetch(`${second.adminUrl}/readyz`);
    expect(readiness.status).toBe(200);
    expect(await readiness.json()).toMatchObject({ revision: 2, stale: true });
    await nats.restart();
    await eventually(async () => {
      const { stale } = (await (await fetch(`${second.adminUrl}/readyz`)).json()) as {
        stale: boolean;
      };
      return !stale;
    });
    await second.stop();
    await feeds.close();
    await nats.stop();
  }, 60_000);

  const SEALING_KEY = new Uint8Array(32).fill(7);
  const change = (revision: number, values: [string, string | null][], complete = false) => ({
    revision,
    complete,
    publishedAtMs: revision,
    values: new Map(values),
  });
  const aCopy = (appendsMax?: number) =>
    new DiskCopy({
      directory,
      sealingKeys: [SEALING_KEY],
      logger,
      ...(appendsMax === undefined ? {} : { appendsMax }),
    });

  it('gives back exactly what was kept, differences and removals included, also after compaction', async () => {
    for (const appendsMax of [undefined, 2]) {
      const copy = aCopy(appendsMax);
      const many = Array.from({ length: 1_200 }, (_, at): [string, string] => [
        `client.cl_${at}`,
        `{"n":${at}}`,
      ]);
      copy.keep(change(1, many, true));
      copy.keep(change(2, [['client.cl_1', '{"n":"new"}']]));
      copy.keep(
        change(3, [
          ['client.cl_2', null],
          ['policy.pol_x', '{}'],
        ]),
      );
      await copy.settled();
      const loaded = await aCopy().load();
      expect(loaded).toMatchObject({ revision: 3, complete: true });
      expect(loaded?.values.size).toBe(1_200);
      expect(loaded?.values.get('client.cl_1')).toBe('{"n":"new"}');
      expect(loaded?.values.has('client.cl_2')).toBe(false);
    }
  });

  it('that was cut off gives back the last whole revision', async () => {
    const copy = aCopy();
    copy.keep(change(1, [['client.cl_1', 'one']], true));
    copy.keep(change(2, [['client.cl_1', 'two']]));
    await copy.settled();
    const file = join(directory, 'snapshot.copy');
    writeFileSync(file, readFileSync(file).subarray(0, -3));
    expect((await aCopy().load())?.values.get('client.cl_1')).toBe('one');
  });

  it('that was altered, or is of another installation, is not used', async () => {
    const copy = aCopy();
    copy.keep(change(1, [['client.cl_1', 'one']], true));
    await copy.settled();
    const other = new Uint8Array(32).fill(8);
    const stranger = new DiskCopy({ directory, sealingKeys: [other], logger });
    expect(await stranger.load()).toBeNull();
    const file = join(directory, 'snapshot.copy');
    const bytes = readFileSync(file);
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(file, bytes);
    expect(await aCopy().load()).toBeNull();
  });

  it('that was kept under the key before is used, and kept under the present one from then on', async () => {
    const before = aCopy();
    before.keep(change(1, [['client.cl_1', 'one']], true));
    before.keep(change(2, [['client.cl_1', 'two']]));
    await before.settled();
    const present = new Uint8Array(32).fill(9);
    const rotating = new DiskCopy({ directory, sealingKeys: [present, SEALING_KEY], logger });
    const loaded = await rotating.load();
    expect(loaded?.values.get('client.cl_1')).toBe('two');
    rotating.keep(loaded!);
    await rotating.settled();
    const rotated = new DiskCopy({ directory, sealingKeys: [present], logger });
    expect(await rotated.load()).toEqual(loaded);
    expect(await aCopy().load()).toBeNull();
  });

  it('that is not there is no error', async () => {
    expect(await aCopy().load()).toBeNull();
  });
});
