import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createInProcessFeeds, deriveKeyring, formatPublicKey, seal } from '@portico/messaging';
import type { Feeds, Keyring } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { aClient, aCollection, anEndpoint, eventually, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { loadGatewayConfig } from '../src/config.ts';
import { IDENTITY, RevisionPublisher, startTestGateway, upstreamAt, valuesOf } from './harness.ts';
import type { TestGateway } from './harness.ts';

const BEFORE = 'the master secret before it was changed';
const PRESENT = 'the master secret since it was changed';
const ROTATING = { PORTICO_ENCRYPTION_KEY: PRESENT, PORTICO_ENCRYPTION_KEY_PREVIOUS: BEFORE };
const [before, present, stranger] = [BEFORE, PRESENT, 'the secret of somebody else'].map((master) =>
  deriveKeyring(master),
) as [Keyring, Keyring, Keyring];

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

describe('a node while the master secret is being changed', () => {
  let feeds: Feeds;
  let node: TestGateway;
  let upstream: Upstream;
  const publisherOf = new Map<Keyring, RevisionPublisher>();

  beforeEach(async () => {
    publisherOf.clear();
    upstream = await startUpstream();
    const { configPublicKeys: verifyKey } = loadGatewayConfig(ROTATING);
    const logger = createLogger({ service: 'test', level: 'silent' });
    feeds = createInProcessFeeds({ logger, verifyKey: verifyKey ?? [] });
    node = await startTestGateway({ env: ROTATING, feeds });
  });
  afterEach(async () => {
    await node.stop();
    await feeds.close();
    await upstream.stop();
  });

  /** Until the node is at `revision`, or has refused it. */
  const publish = async (signer: Keyring, revision: number, secret: string): Promise<void> => {
    const publisher =
      publisherOf.get(signer) ?? new RevisionPublisher(feeds, signer.signing.privateKey);
    publisherOf.set(signer, publisher);
    const collection = aCollection({
      upstreams: { production: upstreamAt(upstream.url) },
      endpoints: [anEndpoint({ path: '/orders', credential_id: 'uc_orders' }), anEndpoint(PLAIN)],
      credentials: [{ id: 'uc_orders', type: 'bearer', token: secret }],
    });
    const values = valuesOf({ clients: [aClient()], collections: [collection] });
    while ((await publisher.publish(values)) < revision);
  };
  const PLAIN = { id: 'ep_plain', path: '/plain' };
  const call = (path = '/v1/orders') => fetch(`${node.url}${path}`, { headers: IDENTITY });
  const sentUpstream = async (): Promise<unknown> => {
    upstream.forget();
    expect((await call()).status).toBe(200);
    return upstream.requests[0]?.headers['authorization'];
  };
  const isAt = (revision: number) =>
    eventually(() => expect(node.heartbeats.at(-1)?.revision).toBe(revision));

  it('takes what either key signed and sealed, and nothing that a third one signed', async () => {
    await publish(before, 1, seal('one', before.sealing));
    await isAt(1);
    expect(await sentUpstream()).toBe('Bearer one');
    await publish(present, 2, seal('two', present.sealing));
    await isAt(2);
    expect(await sentUpstream()).toBe('Bearer two');
    await publish(stranger, 3, seal('three', present.sealing));
    await eventually(() => expect(node.logs.join('')).toContain('bad_signature'));
    expect(await sentUpstream()).toBe('Bearer two');
    await publish(before, 3, seal('four', before.sealing));
    await isAt(3);
    expect(await sentUpstream()).toBe('Bearer four');
  });

  it('loses one secret to a key that nobody holds, says so, and serves all the rest', async () => {
    await publish(present, 1, seal('lost', stranger.sealing));
    await isAt(1);
    expect((await call('/v1/plain')).status).toBe(200);
    expect(await sentUpstream()).toMatch(/^Bearer [\w-]{64}$/);
    const told = node.logs.filter((line) => line.includes('this node does not hold'));
    expect(told).toHaveLength(1);
    expect(told[0]).toContain(stranger.sealing.id);
    const metrics = await (await fetch(`${node.adminUrl}/metrics`)).text();
    expect(metrics).toMatch(/portico_gateway_unreadable_secrets_total\{[^}]*\} 1\n/);
  });
});

describe('the keys of a node', () => {
  const HARDENED = {
    PORTICO_GATEWAY_KEY: base64(present.gatewayKey),
    PORTICO_CONFIG_PUBLIC_KEY: formatPublicKey(present.signing.publicKey),
  };
  const PREVIOUS = {
    PORTICO_GATEWAY_KEY_PREVIOUS: base64(before.gatewayKey),
    PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS: formatPublicKey(before.signing.publicKey),
  };
  const idsOf = (env: Record<string, string>) => {
    const { keys, configPublicKeys } = loadGatewayConfig(env);
    return {
      sealing: keys.map(({ sealing }) => sealing.id),
      signing: configPublicKeys?.map(formatPublicKey),
    };
  };

  it('are the same for a hardened node as for one that derives them, present ones first', () => {
    const rotating = idsOf({ ...HARDENED, ...PREVIOUS });
    expect(rotating.sealing).toEqual([present.sealing.id, before.sealing.id]);
    expect(rotating).toEqual(idsOf(ROTATING));
    expect(idsOf(HARDENED)).toEqual(idsOf({ PORTICO_ENCRYPTION_KEY: PRESENT }));
  });

  it.each(Object.entries(PREVIOUS))('refuse %s alone', (name, value) => {
    const load = () => loadGatewayConfig({ PORTICO_ENCRYPTION_KEY: PRESENT, [name]: value });
    expect(load).toThrow(`${name}: goes with ${name.replace('_PREVIOUS', '')}`);
  });

  it('never include what signs', () => {
    expect(loadGatewayConfig(ROTATING).keys.map((held) => Object.keys(held))).toEqual([
      ['sealing', 'portalSourceKey'],
      ['sealing', 'portalSourceKey'],
    ]);
  });
});
