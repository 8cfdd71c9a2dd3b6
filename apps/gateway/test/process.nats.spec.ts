import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { connectNats, deriveKeyring } from '@portico/messaging';
import type { Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import {
  aClient,
  aCollection,
  eventually,
  freePort,
  runProcess,
  startNats,
  startRedis,
  startUpstream,
} from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, RevisionPublisher, upstreamAt, valuesOf } from './harness.ts';

const MASTER = 'a master secret for process tests';
const main = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const dataDir = mkdtempSync(join(tmpdir(), 'portico-process-'));

let nats: Awaited<ReturnType<typeof startNats>>;
let redis: Awaited<ReturnType<typeof startRedis>>;
let feeds: Feeds;
let publisher: RevisionPublisher;
let upstream: Upstream;

beforeAll(async () => {
  [nats, redis, upstream] = await Promise.all([startNats(), startRedis(), startUpstream()]);
  const logger = createLogger({ service: 'test', level: 'silent' });
  feeds = await connectNats({ servers: nats.url, name: 'test', logger });
  publisher = new RevisionPublisher(feeds, deriveKeyring(MASTER).signing.privateKey);
  await publishAll();
});
afterAll(async () => {
  await feeds.close();
  await Promise.all([nats.stop(), redis.stop(), upstream.stop()]);
  rmSync(dataDir, { recursive: true, force: true });
});

const publishAll = () =>
  publisher.publish(
    valuesOf({
      clients: [aClient()],
      collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
    }),
  );

const start = async (env: Record<string, string | undefined> = {}) => {
  const [httpPort, adminPort] = [await freePort(), await freePort()];
  const running = await runProcess({
    command: process.execPath,
    args: ['--conditions=source', '--disable-warning=ExperimentalWarning', main],
    env: {
      NODE_OPTIONS: '',
      NATS_URL: nats.url,
      GATEWAY_PORT: String(httpPort),
      GATEWAY_ADMIN_PORT: String(adminPort),
      GATEWAY_TLS_PORT: 'off',
      DRAIN_GRACE_MS: '0',
      PORTICO_DATA_DIR: dataDir,
      PORTICO_ENCRYPTION_KEY: MASTER,
      ...env,
    },
    readyWhen: () => fetch(`http://127.0.0.1:${adminPort}/readyz`).then(({ ok }) => ok),
  });
  const call = () => fetch(`http://127.0.0.1:${httpPort}/v1/orders`, { headers: IDENTITY });
  return { running, call, adminUrl: `http://127.0.0.1:${adminPort}` };
};

describe('a gateway process', () => {
  it('serves, and ends with 0 on SIGTERM', async () => {
    const { running, call } = await start();
    expect((await call()).status).toBe(200);
    expect(await running.stop()).toBe(0);
  });

  it('refuses to start without NATS_URL, and says everything that is wrong at once', async () => {
    await expect(start({ NATS_URL: undefined })).rejects.toThrow(/NATS_URL/);
    await expect(start({ GATEWAY_PORT: 'x', MAX_HEAD_BYTES: '-1' })).rejects.toThrow(
      /GATEWAY_PORT[\s\S]*MAX_HEAD_BYTES/,
    );
  });

  it('refuses configuration that the control plane did not sign', async () => {
    const { running, call } = await start();
    const forger = new RevisionPublisher(
      feeds,
      deriveKeyring('quite another secret').signing.privateKey,
    );
    await forger.publish(valuesOf({ clients: [aClient({ active: false })] }));
    await eventually(() => running.output().includes('bad_signature'));
    expect((await call()).status).toBe(200);
    await running.stop();
    await publishAll();
  });
});

describe('several workers', () => {
  it('answer on one port, are ready and measured as one, and a dead one is replaced', async () => {
    await expect(start({ GATEWAY_WORKERS: '2' })).rejects.toThrow(/REDIS_URL/);
    const { running, call, adminUrl } = await start({ GATEWAY_WORKERS: '2', REDIS_URL: redis.url });
    for (let at = 0; at < 10; at += 1) expect((await call()).status).toBe(200);
    const count = async (): Promise<number> => {
      const text = await (await fetch(`${adminUrl}/metrics`)).text();
      return Number(/requests_total\{[^}]*outcome="forwarded"[^}]*\} (\d+)/.exec(text)?.[1] ?? 0);
    };
    // A caller has its answer a moment before it is counted.
    await eventually(async () => expect(await count()).toBe(10));
    const pid = Number(/"pid":(\d+)/.exec(running.output())?.[1]);
    process.kill(pid, 'SIGKILL');
    await eventually(async () => {
      // Asked all the time, also of the one that is dying.
      await Promise.all(Array.from({ length: 20 }, () => count()));
      expect(running.output()).toContain('A gateway worker died');
    });
    // The first may still go to the connection that died with it.
    await eventually(async () => expect((await call()).status).toBe(200));
    await eventually(async () => (await fetch(`${adminUrl}/readyz`)).ok);
    expect(await running.stop()).toBe(0);
  }, 60_000);
});
