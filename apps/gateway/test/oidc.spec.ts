import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { createLogger } from '@portico/telemetry';
import {
  aClient,
  aCollection,
  anEndpoint,
  aProfile,
  eventually,
  startUpstream,
} from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IssuerKeys } from '../src/keys/issuer-keys.ts';
import { CLIENT, startIdentityProvider } from './identity-provider.ts';
import type { IdentityProvider } from './identity-provider.ts';
import { startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let provider: IdentityProvider;
let upstream: Upstream;
let node: TestGateway;

// The provider warns that its memory is for development only: here it is.
jest.spyOn(console, 'warn').mockImplementation(() => undefined);

beforeEach(async () => {
  [provider, upstream] = await Promise.all([startIdentityProvider(), startUpstream()]);
  node = await startTestGateway({ env: { MAX_KEY_WAIT_MS: '5000' } });
  const oauth = {
    id: 'uc_oauth',
    type: 'oauth2_client_credentials' as const,
    token_url: `${provider.issuer}/token`,
    client_id: CLIENT.id,
    client_secret: node.seal(CLIENT.secret),
  };
  await node.publish({
    clients: [
      aClient({
        profiles: [
          aProfile({
            auth: {
              type: 'oidc',
              issuer: provider.issuer,
              audience: 'orders',
              required_claims: {},
              required_scopes: ['orders:read'],
              clock_skew_seconds: 5,
            },
          }),
        ],
      }),
    ],
    collections: [
      aCollection({
        upstreams: { production: upstreamAt(upstream.url) },
        credentials: [oauth, { ...oauth, id: 'uc_wrong', client_secret: node.seal('wrong') }],
        endpoints: [
          anEndpoint(),
          anEndpoint({ id: 'ep_signed', path: '/signed', credential_id: 'uc_oauth' }),
          anEndpoint({ id: 'ep_unsigned', path: '/unsigned', credential_id: 'uc_wrong' }),
        ],
      }),
    ],
  });
});
afterEach(async () => {
  await node.stop();
  await provider.stop();
  await upstream.stop();
});

const call = (token: string, path = '/orders') =>
  fetch(`${node.url}/v1${path}`, {
    headers: {
      'x-client-id': 'cl_acme',
      'x-profile-id': 'pr_default',
      authorization: `Bearer ${token}`,
    },
  });

describe('an oidc profile', () => {
  it('accepts tokens of its issuer, and asks for the keys once', async () => {
    const token = await provider.token();
    const answers = await Promise.all(Array.from({ length: 10 }, () => call(token)));
    expect(answers.map(({ status }) => status)).toEqual(new Array(10).fill(200));
    expect(provider.asked.get('/jwks')).toBe(1);
  });

  it('refuses a token for somebody else, without a scope, or by nobody', async () => {
    const [header, payload] = (await provider.token()).split('.');
    const refused = await Promise.all([
      call(await provider.token('payments')),
      call(await provider.token('orders', 'orders:write')),
      call(`${header}.${payload}.${Buffer.alloc(64).toString('base64url')}`),
      call('not-a-token'),
    ]);
    expect(refused.map(({ status }) => status)).toEqual([401, 401, 401, 401]);
    expect(refused[0]?.headers.get('www-authenticate')).toMatch(/^Bearer/);
  });

  it('goes on with the keys it has while the issuer is away', async () => {
    const [first, second] = [await provider.token(), await provider.token()];
    expect((await call(first)).status).toBe(200);
    await provider.stop();
    expect((await call(second)).status).toBe(200);
  });

  it('refuses, rather than waits for ever, when the issuer was never reached', async () => {
    const token = await provider.token();
    await provider.stop();
    expect((await call(token)).status).toBe(401);
  });
});

describe('a call whose signing keys do not come', () => {
  const WHO = { client_id: 'cl_acme', profile_id: 'pr_default', environment: 'production' };
  let silent: Upstream;
  let impatient: TestGateway;

  beforeEach(async () => {
    silent = await startUpstream(() => undefined);
    const auth = {
      ...{ type: 'oidc' as const, issuer: provider.issuer, audience: 'orders' },
      ...{ jwks_uri: `${silent.url}/jwks`, required_claims: {}, required_scopes: [] },
      clock_skew_seconds: 5,
    };
    const resources = {
      clients: [aClient({ profiles: [aProfile({ auth })] })],
      collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
    };
    impatient = await startTestGateway({ env: { MAX_KEY_WAIT_MS: '50' }, resources });
    await node.publish(resources);
  });
  afterEach(async () => {
    await impatient.stop();
    await silent.stop();
  });

  const headersWith = async (requestId: string) => ({
    'x-client-id': 'cl_acme',
    'x-profile-id': 'pr_default',
    'x-request-id': requestId,
    authorization: `Bearer ${await provider.token()}`,
  });

  it('is refused in time, and found under the client and the profile it named', async () => {
    const headers = await headersWith('no-keys');
    const refused = await fetch(`${impatient.url}/v1/orders`, { headers });
    expect([refused.status, await refused.json()]).toMatchObject([
      401,
      { error: 'invalid_credential' },
    ]);
    expect(refused.headers.get('www-authenticate')).toMatch(/^Bearer/);
    expect(await impatient.recordOf('no-keys')).toMatchObject({
      ...WHO,
      status: 401,
      outcome: 'invalid_credential',
      reason: 'signing_keys_unavailable',
      collection_id: null,
    });
  });

  it('is found under them too when its caller did not stay to hear it', async () => {
    const leaving = new AbortController();
    const headers = await headersWith('left-waiting');
    const left = fetch(`${node.url}/v1/orders`, { headers, signal: leaving.signal });
    await eventually(() => silent.requests.length === 1);
    leaving.abort();
    await expect(left).rejects.toThrow();
    expect(await node.recordOf('left-waiting')).toMatchObject({
      ...WHO,
      status: 499,
      outcome: 'client_aborted',
    });
  });
});

describe('the keys of an issuer', () => {
  const logger = createLogger({ service: 'test', level: 'silent' });
  const kidOf = (token: string): string =>
    (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string })
      .kid;

  it('are fetched again for an unknown kid, but only once per cool-down', async () => {
    let nowMs = 1_000_000;
    const keys = new IssuerKeys({ logger, nowMs: () => nowMs, coolDownMs: 10_000 });
    const find = (kid: string) => keys.find(provider.issuer, undefined, kid, 'ES256');
    const before = kidOf(await provider.token());
    const first = find(before);
    expect(first.kind).toBe('pending');
    if (first.kind === 'pending') await first.ready;
    expect(find(before).kind).toBe('found');
    provider.rotate();
    const after = kidOf(await provider.token());
    expect(find(after).kind).toBe('unknown');
    nowMs += 10_000;
    const again = find(after);
    expect(again.kind).toBe('pending');
    if (again.kind === 'pending') await again.ready;
    expect(find(after).kind).toBe('found');
    for (let at = 0; at < 50; at += 1) expect(find(`invented-${at}`).kind).toBe('unknown');
    expect(provider.asked.get('/jwks')).toBe(2);
  });

  it('are renewed in the background, and nobody waits for it', async () => {
    let nowMs = 1_000_000;
    const keys = new IssuerKeys({
      logger,
      nowMs: () => nowMs,
      refreshAfterMs: 60_000,
      coolDownMs: 1,
    });
    const kid = kidOf(await provider.token());
    const first = keys.find(provider.issuer, undefined, kid, 'ES256');
    if (first.kind === 'pending') await first.ready;
    nowMs += 60_000;
    expect(keys.find(provider.issuer, undefined, kid, 'ES256').kind).toBe('found');
  });

  it('of a document that speaks of another issuer are not used', async () => {
    const keys = new IssuerKeys({ logger });
    const lookalike = provider.issuer.replace('127.0.0.1', 'localhost');
    const first = keys.find(lookalike, undefined, 'key-1', 'ES256');
    if (first.kind === 'pending') await first.ready;
    expect(keys.find(lookalike, undefined, 'key-1', 'ES256').kind).toBe('unknown');
  });
});

describe('a token for the upstream', () => {
  it('is fetched once and put into every call', async () => {
    const token = await provider.token();
    const before = provider.asked.get('/token') ?? 0;
    const answers = await Promise.all(Array.from({ length: 5 }, () => call(token, '/signed')));
    expect(answers.map(({ status }) => status)).toEqual(new Array(5).fill(200));
    expect(upstream.requests[0]?.headers.authorization).toMatch(/^Bearer .+/);
    expect(upstream.requests[0]?.headers.authorization).not.toContain(token);
    expect((provider.asked.get('/token') ?? 0) - before).toBe(1);
  });

  it('is fetched anew after the upstream refused it', async () => {
    const token = await provider.token();
    await call(token, '/signed');
    upstream.answerWith((_request, response) => void response.writeHead(401).end());
    expect((await call(token, '/signed')).status).toBe(401);
    upstream.answerWith((_request, response) => void response.end());
    expect((await call(token, '/signed')).status).toBe(200);
    const sent = upstream.requests.map(({ headers }) => headers.authorization);
    expect(sent[0]).toBe(sent[1]);
    expect(sent[2]).not.toBe(sent[0]);
  });

  it('that cannot be had is 503, and no secret is in the log', async () => {
    const answer = await call(await provider.token(), '/unsigned');
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
    expect(upstream.requests).toHaveLength(0);
    expect(node.logs.join('\n')).not.toContain(CLIENT.secret);
  });
});
