import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { connectNats } from '@portico/messaging';
import type { Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { aClient, aCollection, eventually, startNats, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let nats: Awaited<ReturnType<typeof startNats>>;
let feeds: Feeds;
let upstream: Upstream;
let node: TestGateway;

beforeAll(async () => {
  nats = await startNats();
  upstream = await startUpstream();
  const logger = createLogger({ service: 'test', level: 'silent' });
  feeds = await connectNats({ servers: nats.url, name: 'test', logger });
  node = await startTestGateway({
    feeds,
    resources: {
      clients: [aClient()],
      collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
    },
  });
});
afterAll(async () => {
  await node.stop();
  await feeds.close();
  await nats.stop();
  await upstream.stop();
});

const call = () => fetch(`${node.url}/v1/orders`, { headers: IDENTITY });

describe('a node on NATS', () => {
  it('follows the configuration and ships its records', async () => {
    const answer = await call();
    expect(answer.status).toBe(200);
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    expect(record.outcome).toBe('forwarded');
  });

  it('starts cold from the bucket alone', async () => {
    const second = await startTestGateway({ feeds });
    await eventually(async () => (await fetch(`${second.adminUrl}/readyz`)).status === 200);
    const answer = await fetch(`${second.url}/v1/orders`, { headers: IDENTITY });
    expect(answer.status).toBe(200);
    await second.stop();
  });

  it('answers partners while NATS hangs, and no record is lost or doubled', async () => {
    nats.freeze();
    const answers = await Promise.all(Array.from({ length: 20 }, call));
    expect(answers.map((answer) => answer.status)).toEqual(new Array(20).fill(200));
    nats.thaw();
    for (const answer of answers) await node.recordOf(answer.headers.get('x-request-id'));
    const sequences = node.records.map(({ node: name, sequence }) => `${name} ${sequence}`);
    expect(new Set(sequences).size).toBe(sequences.length);
  }, 60_000);

  it('answers partners while NATS is away, and ships what happened once it is back', async () => {
    await nats.kill();
    const answers = await Promise.all(Array.from({ length: 20 }, call));
    expect(answers.map((answer) => answer.status)).toEqual(new Array(20).fill(200));
    await nats.restart();
    for (const answer of answers) {
      const id = answer.headers.get('x-request-id');
      await eventually(() => node.records.some((record) => record.request_id === id));
    }
  }, 60_000);
});

describe('a node without configuration', () => {
  it('is not ready and answers 503 not_ready', async () => {
    const empty = await startTestGateway();
    expect((await fetch(`${empty.adminUrl}/readyz`)).status).toBe(503);
    expect((await fetch(`${empty.adminUrl}/healthz`)).status).toBe(200);
    const answer = await fetch(`${empty.url}/v1/orders`, { headers: IDENTITY });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ error: 'not_ready' });
    await empty.stop();
  });
});

describe('a node that is told to stop', () => {
  it('finishes the calls under way and ships their records before it is gone', async () => {
    const slow = await startUpstream();
    const draining = await startTestGateway({
      // Longer than any test: nothing but the answer may hold it up.
      env: { DRAIN_TIMEOUT_MS: '3600000' },
      resources: {
        clients: [aClient()],
        collections: [aCollection({ upstreams: { production: upstreamAt(slow.url) } })],
      },
    });
    let answerNow = (): void => undefined;
    slow.answerWith((_request, response) => {
      answerNow = () => void response.end('late');
    });
    const pending = fetch(`${draining.url}/v1/orders`, { headers: IDENTITY });
    await eventually(() => slow.requests.length === 1);
    const stopped = draining.gateway.stop();
    await eventually(() => draining.heartbeats.at(-1)?.draining === true);
    answerNow();
    const answer = await pending;
    expect(answer.headers.get('connection')).toBe('close');
    expect(await answer.text()).toBe('late');
    await stopped;
    const record = await draining.recordOf(answer.headers.get('x-request-id'));
    expect(record.status).toBe(200);
    await draining.stop();
    await slow.stop();
  });
});
