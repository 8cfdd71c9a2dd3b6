import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startUpstream, type ReceivedRequest, type Upstream } from '@portico/testkit';
import { SignJWT } from 'jose';
import { execFile } from 'node:child_process';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { WebSocket, WebSocketServer } from 'ws';
import { scratchDir, startStandalone, type Standalone } from '../deployment.ts';
import { call } from '../http.ts';
import { PortalVisitor } from '../portal-visitor.ts';
import { aCertificateIssuedBy, aClientCertificate, type ClientCertificate } from './certificate.ts';
import {
  bootstrapAdmin,
  expectError,
  onTheWire,
  type HeaderMap,
  type Outsider,
} from './outsider.ts';

const PARTNER = 'dev@traffic.test';

/** What the gateway does with a request that it admits, seen from both of its ends. */
describe('admitted traffic', () => {
  let portico: Standalone;
  let admin: Outsider;
  let upstream: Upstream;
  let streaming: Server;
  let gateway: string;
  let token: HeaderMap;
  let certificate: ClientCertificate;
  let authority: ClientCertificate;

  beforeAll(async () => {
    upstream = await startUpstream();
    streaming = await startStreaming();
    portico = await startStandalone({ PORTICO_SEED_DEMO: 'false', UPSTREAM_REGION: 'eu-west' });
    admin = bootstrapAdmin(portico);
    gateway = portico.gatewayUrls[0]!;
    certificate = await aClientCertificate('traffic.test');
    await makeEstate();
    token = await admin.authHeaders('pr_token');
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await upstream?.stop();
    streaming?.closeAllConnections();
    streaming?.close();
  });

  beforeEach(() => upstream.forget());

  async function makeEstate(): Promise<void> {
    const to = (url: string) => ({ targets: [{ url, weight: 1 }] });
    const port = (streaming.address() as AddressInfo).port;
    const collections = ['coll_echo', 'coll_named', 'coll_streams'];
    await admin.create('/upstream-credentials', {
      id: 'uc_basic',
      name: 'Backend',
      type: 'basic',
      username: 'portico',
      password: 'backend-password',
    });
    await admin.create('/upstream-credentials', {
      id: 'uc_query',
      name: 'Backend key',
      type: 'api_key',
      in: 'query',
      key_name: 'api_key',
      value: 'k&1',
    });
    const common = { status: 'published' };
    await admin.create('/collections', {
      ...common,
      id: 'coll_echo',
      name: 'Echo',
      base_path: '/t/echo',
      upstreams: { production: to(`${upstream.url}/backend`), sandbox: to(upstream.url) },
      headers: [
        { name: 'X-Region', value: 'env:UPSTREAM_REGION' },
        { name: 'X-Level', value: 'collection' },
      ],
      credential_id: 'uc_basic',
      cors: {
        allowed_origins: ['https://app.partner.test'],
        allowed_headers: ['X-Trace'],
        exposed_headers: ['X-Request-ID'],
        max_age_seconds: 60,
      },
    });
    await admin.create('/collections', {
      ...common,
      id: 'coll_named',
      name: 'Named',
      base_path: '/t/named',
      upstreams: { production: to(upstream.url) },
    });
    await admin.create('/collections', {
      ...common,
      id: 'coll_streams',
      name: 'Streams',
      base_path: '/t/streams',
      upstreams: { production: to(`http://127.0.0.1:${port}`) },
    });
    const endpoint = (collection: string, body: object) =>
      admin.create(`/collections/${collection}/endpoints`, { ...common, ...body });
    const types = ['token', 'jwt', 'oidc', 'mtls', 'none'];
    await endpoint('coll_echo', {
      id: 'ep_echo',
      name: 'Echo',
      methods: ['GET', 'POST'],
      path: '/all/*',
      allowed_auth_types: types,
    });
    await endpoint('coll_named', {
      name: 'Renamed',
      methods: ['GET'],
      path: '/orders/{order_id}/lines/{line}',
      target_path: '/v1/lines/{line}/of/{order_id}',
      headers: [{ name: 'X-Level', value: 'endpoint' }],
      credential_id: 'uc_query',
    });
    await endpoint('coll_streams', { name: 'Events', methods: ['GET'], path: '/events' });
    await endpoint('coll_streams', { name: 'Socket', methods: ['GET'], path: '/socket' });
    await admin.create('/policies', {
      id: 'pol_traffic',
      name: 'Traffic',
      rate_limits: [{ requests: 10_000, window: '1h' }],
    });
    await admin.create('/clients', {
      id: 'cl_traffic',
      name: 'Traffic',
      policy_id: 'pol_traffic',
      collections,
      has_portal_access: true,
      authorized_emails: [PARTNER],
    });
    const profile = (id: string, body: object) =>
      admin.create('/clients/cl_traffic/profiles', { id, name: id, ...body });
    await profile('pr_token', { auth_type: 'token' });
    await profile('pr_sandbox', { auth_type: 'token', environment: 'sandbox' });
    await profile('pr_none', { auth_type: 'none' });
    await profile('pr_mtls', {
      auth_type: 'mtls',
      auth: { certificates: [certificate.cert] },
    });
    authority = await aClientCertificate('Traffic CA');
    await profile('pr_ca', {
      auth_type: 'mtls',
      auth: { ca_pem: authority.cert, subject: 'billing.traffic.test' },
    });
    await profile('pr_jwt', {
      auth_type: 'jwt',
      auth: {
        algorithms: ['HS256'],
        issuer: 'traffic',
        audience: 'portico',
        max_lifetime_seconds: 300,
        clock_skew_seconds: 5,
      },
    });
  }

  const last = (): ReceivedRequest => upstream.requests.at(-1)!;
  const echoed = '/t/echo/all/x';

  it('reaches the upstream below its URL, with the query as sent', async () => {
    const answer = await call(`${gateway}/t/echo/all/a%20b/c?x=1&x=2&y=%26`, { headers: token });
    expect(answer.status).toBe(200);
    expect(last().url).toBe('/backend/all/a%20b/c?x=1&x=2&y=%26');
  });

  it('fills the target path from the path, and puts a query credential in', async () => {
    const answer = await call(`${gateway}/t/named/orders/o%2B1/lines/2?a=b`, { headers: token });
    expect(answer.status).toBe(200);
    expect(last().path).toBe('/v1/lines/2/of/o%2B1');
    expect(last().query.get('a')).toBe('b');
    expect(last().query.get('api_key')).toBe('k&1');
    expect(last().headers['x-level']).toBe('endpoint');
  });

  it("the profile's environment picks the upstream", async () => {
    const sandbox = await admin.authHeaders('pr_sandbox');
    await call(`${gateway}${echoed}`, { headers: sandbox });
    expect(last().path).toBe('/all/x');
    expect(last().headers['x-portico-environment']).toBe('sandbox');
  });

  it("the partner's identity and credential never reach the upstream", async () => {
    await call(`${gateway}${echoed}`, { headers: token });
    const names = Object.keys(last().headers);
    expect(names).not.toContain('x-client-id');
    expect(names).not.toContain('x-profile-id');
    expect(JSON.stringify(last().rawHeaders)).not.toContain('portico_tok_');
    const basic = Buffer.from('portico:backend-password').toString('base64');
    expect(last().headers.authorization).toBe(`Basic ${basic}`);
    expect(last().headers).toMatchObject({ 'x-region': 'eu-west', 'x-level': 'collection' });
  });

  it('without an upstream credential no Authorization is sent at all', async () => {
    await call(`${gateway}/t/named/orders/1/lines/2`, { headers: token });
    expect(last().headers.authorization).toBeUndefined();
  });

  it('verified identity, forwarding headers, request id and trace context are added', async () => {
    const answer = await call(`${gateway}${echoed}`, { headers: token });
    const { headers } = last();
    expect(headers).toMatchObject({
      'x-portico-client': 'cl_traffic',
      'x-portico-profile': 'pr_token',
      'x-portico-environment': 'production',
      'x-forwarded-proto': 'http',
      'x-forwarded-host': new URL(gateway).host,
      via: '1.1 portico',
      'x-request-id': answer.headers.get('x-request-id'),
    });
    expect(headers['x-forwarded-for']).toMatch(/^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1)$/);
    expect(headers['forwarded']).toMatch(/^for=.+;proto=http/);
    expect(headers['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}$/);
  });

  it('a trace that the partner started goes on', async () => {
    const traceparent = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';
    await call(`${gateway}${echoed}`, { headers: { ...token, traceparent } });
    expect(last().headers['traceparent']).toMatch(/^00-0af7651916cd43dd8448eb211c80319c-/);
  });

  it('nobody can name itself somebody else upstream', async () => {
    await onTheWire(gateway, echoed, {
      headers: [
        ...Object.entries(token),
        ['X-Portico-Client', 'cl_forged'],
        ['X_Portico_Client', 'cl_forged'],
        ['X-Portico-Environment', 'forged'],
        ['X-Forwarded-For', '203.0.113.9'],
        ['X-Forwarded-Host', 'forged.test'],
        ['Forwarded', 'for=203.0.113.9'],
        ['X-Region', 'forged'],
      ],
    });
    const all = JSON.stringify(last().rawHeaders);
    expect(all).not.toContain('forged');
    expect(all).not.toContain('203.0.113.9');
    expect(last().headers['x-portico-client']).toBe('cl_traffic');
  });

  it('hop-by-hop headers stay on their hop, both ways', async () => {
    upstream.answerWith((_request, response) => {
      response.setHeader('Connection', 'X-Upstream-Hop, close');
      response.setHeader('X-Upstream-Hop', '1');
      response.setHeader('Keep-Alive', 'timeout=99');
      response.setHeader('Proxy-Authenticate', 'Basic');
      response.setHeader('Set-Cookie', ['a=1', 'b=2']);
      response.setHeader('X-Request-ID', 'from-the-upstream');
      response.setHeader('RateLimit', '"upstream";r=1;t=1');
      response.setHeader('X-Own', 'stays');
      response.end('ok');
    });
    const answer = await onTheWire(gateway, echoed, {
      headers: [
        ...Object.entries(token),
        ['Connection', 'X-Partner-Hop, close'],
        ['X-Partner-Hop', '1'],
        ['TE', 'trailers'],
        ['Proxy-Authorization', 'Basic dTpw'],
        ['X-Own', 'stays'],
      ],
    });
    const names = Object.keys(last().headers);
    for (const name of ['x-partner-hop', 'te', 'proxy-authorization', 'keep-alive', 'upgrade']) {
      expect(names).not.toContain(name);
    }
    expect(last().headers['x-own']).toBe('stays');
    expect(answer.headers.get('x-own')).toBe('stays');
    expect(answer.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(answer.headers.get('x-upstream-hop')).toBeNull();
    expect(answer.headers.get('proxy-authenticate')).toBeNull();
    expect(answer.headers.get('keep-alive') ?? '').not.toContain('99');
    expect(answer.headers.get('x-request-id')).not.toBe('from-the-upstream');
    expect(answer.headers.get('ratelimit')).toMatch(/^"1h";/);
  });

  it("the upstream's own errors pass as they are", async () => {
    upstream.answerWith((_request, response) => {
      response.statusCode = 418;
      response.setHeader('content-type', 'text/plain');
      response.end('short and stout');
    });
    const answer = await call(`${gateway}${echoed}`, { headers: token });
    expect([answer.status, answer.text]).toEqual([418, 'short and stout']);
    expect(answer.headers.get('content-type')).toBe('text/plain');
  });

  it('bodies pass byte by byte, and none is announced where none was sent', async () => {
    upstream.answerWith((request, response) => void response.end(request.body));
    const bytes = Buffer.from(Array.from({ length: 70_000 }, (_, at) => at % 256));
    const answer = await fetch(`${gateway}${echoed}`, {
      method: 'POST',
      headers: { ...token, 'content-type': 'application/octet-stream' },
      body: bytes,
    });
    expect(Buffer.from(await answer.arrayBuffer()).equals(bytes)).toBe(true);
    await call(`${gateway}${echoed}`, { headers: token });
    expect(last().headers['content-length']).toBeUndefined();
    expect(last().headers['transfer-encoding']).toBeUndefined();
  });

  it('a preflight from an allowed origin is answered without any identity', async () => {
    const origin = 'https://app.partner.test';
    const preflight = (from: string) =>
      onTheWire(gateway, echoed, {
        method: 'OPTIONS',
        headers: [
          ['Origin', from],
          ['Access-Control-Request-Method', 'POST'],
          ['Access-Control-Request-Headers', 'authorization,x-client-id,x-trace'],
        ],
      });
    const allowed = await preflight(origin);
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe(origin);
    expect(allowed.headers.get('access-control-allow-methods')).toContain('POST');
    const headers = allowed.headers.get('access-control-allow-headers')!.toLowerCase();
    for (const name of ['authorization', 'x-client-id', 'x-profile-id', 'x-trace']) {
      expect(headers).toContain(name);
    }
    expect(allowed.headers.get('access-control-max-age')).toBe('60');
    expect(allowed.headers.get('vary')).toMatch(/Origin/i);
    expectError(await preflight('https://evil.test'), 401, 'identity_required');
    expect(upstream.requests).toEqual([]);
  });

  it('a browser of an allowed origin may read answers and refusals alike', async () => {
    const origin = 'https://app.partner.test';
    for (const headers of [{ ...token, origin }, { origin }] as HeaderMap[]) {
      const answer = await call(`${gateway}${echoed}`, { headers });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-expose-headers')).toContain('X-Request-ID');
    }
    const evil = { ...token, origin: 'https://evil.test' };
    const answer = await call(`${gateway}${echoed}`, { headers: evil });
    expect(answer.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('events arrive while the stream is still open', async () => {
    const answer = await fetch(`${gateway}/t/streams/events`, { headers: token });
    expect(answer.headers.get('ratelimit-policy')).toBe('"1h";q=10000;w=3600');
    expect(answer.headers.get('content-type')).toBe('text/event-stream');
    const reader = answer.body!.pipeThrough(new TextDecoderStream()).getReader();
    expect((await reader.read()).value).toBe('data: first\n\n');
    await reader.cancel();
  });

  it('a WebSocket passes through, and its refusals are plain HTTP', async () => {
    const url = `${gateway.replace('http', 'ws')}/t/streams/socket`;
    const socket = new WebSocket(url, ['chat'], { headers: token });
    let joined: IncomingHttpHeaders = {};
    const heard = await new Promise<string>((resolve, reject) => {
      socket.once('error', reject);
      socket.once('upgrade', ({ headers }) => (joined = headers));
      socket.once('open', () => socket.send('hello'));
      socket.once('message', (data: Buffer) => resolve(data.toString('utf8')));
    });
    expect(heard).toBe('cl_traffic said hello');
    expect(socket.protocol).toBe('chat');
    expect(joined['ratelimit']).toMatch(/^"1h";r=\d+;t=\d+$/);
    expect(Number(joined['x-ratelimit-remaining'])).toBeLessThan(10_000);
    socket.close();

    const refused = new WebSocket(url, { headers: { ...token, 'x-profile-id': 'pr_nobody' } });
    const status = await new Promise((resolve) => {
      refused.on('error', () => undefined);
      refused.once('unexpected-response', (_request, response) => resolve(response.statusCode));
    });
    expect(status).toBe(403);
  });

  it('bytes that are not HTTP are 400 in our words, and the connection closes', async () => {
    const { port } = new URL(gateway);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), new URL(gateway).hostname);
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString('latin1')));
      socket.once('error', reject);
      socket.once('close', () => resolve(text));
      socket.write('GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n');
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    const [head, body] = answer.split('\r\n\r\n') as [string, string];
    expect(head.toLowerCase()).toContain('connection: close');
    const { error, request_id } = JSON.parse(body) as Record<string, string>;
    expect(error).toBe('bad_request');
    expect(head.toLowerCase()).toContain(`x-request-id: ${request_id}`);
  });

  describe('a jwt profile', () => {
    const now = () => Math.floor(Date.now() / 1000);
    const identity = { 'X-Client-ID': 'cl_traffic', 'X-Profile-ID': 'pr_jwt' };
    const good = () => ({ iss: 'traffic', aud: 'portico', iat: now(), exp: now() + 120 });
    let secret: string;
    const callWith = async (claims: object, { key = secret, alg = 'HS256' } = {}) => {
      const jwt = await new SignJWT({ ...claims })
        .setProtectedHeader({ alg })
        .sign(Buffer.from(key, 'utf8'));
      const headers = { ...identity, Authorization: `Bearer ${jwt}` };
      return call(`${gateway}${echoed}`, { headers });
    };

    beforeAll(async () => {
      const answer = await admin.get('/profiles/pr_jwt/auth-headers');
      ({ secret } = answer.json<{ signing: { secret: string } }>().signing);
    });

    it('accepts the example of its auth-headers as it stands', async () => {
      const headers = await admin.authHeaders('pr_jwt');
      expect((await call(`${gateway}${echoed}`, { headers })).status).toBe(200);
    });

    it('accepts what a partner signs with the secret', async () => {
      expect((await callWith(good())).status).toBe(200);
    });

    it.each([
      ['signed with another secret', good, { key: 'x'.repeat(64) }],
      ['signed with another algorithm', good, { alg: 'HS512' }],
      ['expired', () => ({ ...good(), iat: now() - 200, exp: now() - 60 }), {}],
      ['not yet valid', () => ({ ...good(), nbf: now() + 60 }), {}],
      ['without exp', () => ({ iss: 'traffic', aud: 'portico', iat: now() }), {}],
      ['living longer than allowed', () => ({ ...good(), exp: now() + 3_000 }), {}],
      ['of another issuer', () => ({ ...good(), iss: 'else' }), {}],
      ['for another audience', () => ({ ...good(), aud: 'else' }), {}],
    ])('refuses a token %s', async (_name, claims, options) => {
      expectError(await callWith(claims(), options), 401, 'invalid_credential');
    });

    it('refuses alg none', async () => {
      const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');
      const none = `${part({ alg: 'none' })}.${part(good())}.`;
      const headers = { ...identity, Authorization: `Bearer ${none}` };
      expectError(await call(`${gateway}${echoed}`, { headers }), 401, 'invalid_credential');
    });
  });

  describe('an mtls profile', () => {
    const identity = { 'X-Client-ID': 'cl_traffic', 'X-Profile-ID': 'pr_mtls' };

    it("answers the portal's curl, given the two files", async () => {
      const visitor = new PortalVisitor(portico.controlPlaneUrl);
      await visitor.signIn(portico.mailbox, PARTNER);
      const shown = (await visitor.get('/profiles/pr_mtls/auth-headers')).json<{
        headers: { name: string }[];
        curl: string;
      }>();
      expect(shown.headers.map(({ name }) => name)).toEqual(['X-Client-ID', 'X-Profile-ID']);
      expect(shown.curl).toContain('--cert client.crt');
      expect(shown.curl).toContain('--key client.key');
      const tls = `https://localhost:${portico.env['GATEWAY_TLS_PORT']}`;
      expect(shown.curl).toContain(tls);
      expect(await curl(shown.curl, certificate, `${tls}${echoed}`)).toBe('200');
      const stranger = await aClientCertificate('traffic.test');
      expect(await curl(shown.curl, stranger, `${tls}${echoed}`)).toBe('401');
    });

    it('by authority and subject takes any certificate of that name, and of no other', async () => {
      const { curl: shown } = (await admin.get('/profiles/pr_ca/auth-headers')).json<{
        curl: string;
      }>();
      const url = `https://localhost:${portico.env['GATEWAY_TLS_PORT']}${echoed}`;
      const issued = (name: string) => aCertificateIssuedBy(authority, name);
      expect(await curl(shown, await issued('billing.traffic.test'), url)).toBe('200');
      expect(await curl(shown, await issued('other.traffic.test'), url)).toBe('401');
      const selfMade = await aClientCertificate('billing.traffic.test');
      expect(await curl(shown, selfMade, url)).toBe('401');
    });

    it('is 401 without a certificate, on plain HTTP too', async () => {
      const answer = await call(`${gateway}${echoed}`, { headers: identity });
      expectError(answer, 401, 'invalid_credential');
      expect(answer.headers.get('www-authenticate')).not.toBeNull();
    });
  });

  it('a none profile calls without any credential, where an endpoint takes it', async () => {
    const headers = { 'X-Client-ID': 'cl_traffic', 'X-Profile-ID': 'pr_none' };
    expect((await call(`${gateway}${echoed}`, { headers })).status).toBe(200);
    const other = await call(`${gateway}/t/named/orders/1/lines/2`, { headers });
    expectError(other, 403, 'auth_type_not_allowed');
  });

  it('rotating with grace keeps the old credential for its time, and no longer without', async () => {
    const old = await admin.authHeaders('pr_sandbox');
    const rotate = (grace_period_seconds: number) =>
      admin.post('/profiles/pr_sandbox/rotate', { grace_period_seconds }, { prefer: 'wait=10' });
    expect((await rotate(60)).status).toBe(200);
    const next = await admin.authHeaders('pr_sandbox');
    expect(next['Authorization']).not.toBe(old['Authorization']);
    expect((await call(`${gateway}${echoed}`, { headers: old })).status).toBe(200);
    expect((await call(`${gateway}${echoed}`, { headers: next })).status).toBe(200);
    expect((await rotate(0)).status).toBe(200);
    for (const headers of [old, next]) {
      const answer = await call(`${gateway}${echoed}`, { headers });
      expectError(answer, 401, 'invalid_credential');
    }
  });

  it('any path of the traffic port is for partners: none of ours is reserved', async () => {
    for (const path of ['/healthz', '/readyz', '/metrics', '/api/v1/clients']) {
      expectError(await call(`${gateway}${path}`), 401, 'identity_required');
    }
  });
});

/** Runs the shown command with these files in its directory, against an endpoint, trusting the node. */
async function curl(command: string, files: ClientCertificate, url: string): Promise<string> {
  const dir = await scratchDir();
  await writeFile(join(dir, 'client.crt'), files.cert);
  await writeFile(join(dir, 'client.key'), files.key, { mode: 0o600 });
  const shown = command.replace(/'https:[^']+'$/, `'${url}'`);
  const line = shown.replace(/^curl /, "curl -sS -k -o body -w '%{http_code}' ");
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', line], { cwd: dir });
  await rm(dir, { recursive: true });
  return stdout;
}

/** `/events` sends one event and stays open; `/socket` answers every message once. */
async function startStreaming(): Promise<Server> {
  const server = createServer((_request, response) => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write('data: first\n\n');
  });
  const sockets = new WebSocketServer({ server });
  sockets.on('connection', (socket, request) => {
    const client = String(request.headers['x-portico-client']);
    socket.on('message', (data: Buffer) => socket.send(`${client} said ${data.toString('utf8')}`));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return server;
}
