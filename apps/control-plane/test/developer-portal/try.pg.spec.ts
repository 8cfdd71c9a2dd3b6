import { createHmac } from 'node:crypto';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { startUpstream, type Upstream } from '@portico/testkit';
import fc from 'fast-check';
import { jwtVerify } from 'jose';
import { fillPath } from '../../src/developer-portal/try/call-path.ts';
import { signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { Answer, TestPortico } from '../start-portico.ts';

describe('trying an endpoint', () => {
  let portico: TestPortico;
  let gateway: Upstream;
  /** Where nothing may ever arrive. */
  let elsewhere: Upstream;
  let acme: Visitor;
  beforeAll(async () => {
    gateway = await startUpstream();
    elsewhere = await startUpstream();
    portico = await startPortalEstate({ GATEWAY_INTERNAL_URL: gateway.url });
    acme = await signIn(portico, 'dev@acme.test');
  });
  afterAll(async () => {
    expect(elsewhere.requests).toEqual([]);
    await portico.stop();
    await gateway.stop();
    await elsewhere.stop();
  });
  afterEach(() => {
    gateway.answerWith(echo);
    gateway.forget();
  });
  const echo: Parameters<Upstream['answerWith']>[0] = (request, response) => {
    response.setHeader('x-request-id', 'req_from_the_gateway');
    response.end(JSON.stringify({ url: request.url }));
  };

  const tryOrder = (over: Record<string, unknown> = {}): Promise<Answer> =>
    acme.post('/try', {
      profile_id: 'pr_acme_token',
      endpoint_id: 'ep_get_order',
      method: 'GET',
      path_params: { order_id: '42' },
      ...over,
    });

  it('calls the gateway as the profile and answers everything it said', async () => {
    gateway.answerWith((_, response) => {
      response.writeHead(207, [
        ...['X-Request-ID', 'req_abc', 'Set-Cookie', 'a=1', 'Set-Cookie', 'b=2'],
      ]);
      response.end('{"ok":true}');
    });
    const answer = await tryOrder({ query: { expand: ['lines', 'a&b'] } });
    expect(answer.status).toBe(200);
    expect(answer.body).toMatchObject({
      status: 207,
      body: '{"ok":true}',
      body_encoding: 'utf8',
      truncated: false,
      request_id: 'req_abc',
      latency_ms: expect.any(Number),
    });
    expect(answer.body.headers).toEqual(
      expect.arrayContaining([
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
      ]),
    );
    expect(answer.headers.getSetCookie()).toEqual([]);
    const [sent] = gateway.requests;
    expect(sent!.url).toBe('/orders/v1/orders/42?expand=lines&expand=a%26b');
    const shown = (await acme.get('/profiles/pr_acme_token/auth-headers')).body.headers;
    for (const { name, value } of shown) {
      expect(sent!.headers[name.toLowerCase()]).toBe(value);
    }
  });

  it('tells the gateway who is trying, in a header that only we can make', async () => {
    await tryOrder();
    const [email, at, mac] = String(gateway.requests[0]!.headers['x-portico-portal']).split(';');
    const expected = createHmac('sha256', portico.config.keyring.portalSourceKey)
      .update(`dev@acme.test;${at};cl_acme`)
      .digest('base64url');
    expect([email, mac]).toEqual(['dev@acme.test', expected]);
    expect(Math.abs(Date.now() - Number(at))).toBeLessThan(30_000);
    expect(gateway.requests[0]!.headers['x-forwarded-for']).toBe('127.0.0.1');
  });

  it('sends text as it is and other JSON as JSON', async () => {
    const post = (body: unknown) =>
      tryOrder({ endpoint_id: 'ep_create_order', method: 'POST', path_params: {}, body });
    await post({ sku: 'ü' });
    await post('{"sku": 1}');
    await post('plain');
    const sent = gateway.requests.map(({ body, headers }) => [
      body.toString('utf8'),
      headers['content-type'],
    ]);
    expect(sent).toEqual([
      ['{"sku":"ü"}', 'application/json'],
      ['{"sku": 1}', 'application/json'],
      ['plain', 'text/plain'],
    ]);
  });

  it('signs a fresh JWT for a jwt profile', async () => {
    await tryOrder({ profile_id: 'pr_acme_jwt' });
    const { signing } = (await acme.get('/profiles/pr_acme_jwt/auth-headers')).body;
    const jwt = String(gateway.requests[0]!.headers.authorization).replace('Bearer ', '');
    const { payload } = await jwtVerify(jwt, Buffer.from(signing.secret, 'utf8'));
    expect(payload).toMatchObject({ iss: 'acme', aud: 'portico', sub: 'cl_acme' });
  });

  it('takes the visitor’s own token for an oidc profile, and asks for one', async () => {
    const without = await tryOrder({ profile_id: 'pr_acme_oidc' });
    expect(without.status).toBe(422);
    expect(without.body.details[0].path).toBe('body.headers.Authorization');
    await tryOrder({ profile_id: 'pr_acme_oidc', headers: { authorization: 'Bearer mine' } });
    expect(gateway.requests.map(({ headers }) => headers.authorization)).toEqual(['Bearer mine']);
  });

  it('leaves an mtls call to the visitor, with the command that makes it', async () => {
    const answer = await tryOrder({ profile_id: 'pr_acme_mtls', query: { q: "it's" } });
    expect(answer.status).toBe(409);
    expect(answer.body.error).toBe('try_unavailable');
    expect(answer.body.request_id).toBe(answer.headers.get('x-request-id'));
    expect(answer.body.curl).toContain('--cert client.crt');
    expect(answer.body.curl).toContain('/orders/v1/orders/42?q=it%27s');
    expect(gateway.requests).toEqual([]);
  });

  it('does not follow redirects, wherever they lead', async () => {
    gateway.answerWith((_, response) => {
      response.writeHead(302, { location: `${elsewhere.url}/stolen` });
      response.end();
    });
    const answer = await tryOrder();
    expect(answer.body.status).toBe(302);
    expect(gateway.requests).toHaveLength(1);
  });

  it('shows at most one MiB of a body and says that there was more', async () => {
    gateway.answerWith((_, response) => void response.end('ü'.repeat(700_000)));
    const { body } = await tryOrder();
    expect(body.truncated).toBe(true);
    expect(body.body_encoding).toBe('utf8');
    expect(Buffer.byteLength(body.body)).toBe(1_048_576);
  });

  it('shows binary bodies in base64', async () => {
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    gateway.answerWith((_, response) => void response.end(bytes));
    const { body } = await tryOrder();
    expect([body.body, body.body_encoding]).toEqual([bytes.toString('base64'), 'base64']);
  });

  it('shows what came of an answer that broke off', async () => {
    gateway.answerWith((_, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    });
    const { body } = await tryOrder();
    expect([body.status, body.body, body.truncated]).toEqual([200, 'half', true]);
  });

  it.each([
    ['Host', 'evil.test'],
    ['host', 'evil.test'],
    ['X-Client-ID', 'cl_globex'],
    ['x-client-id', 'cl_globex'],
    ['X-Profile-ID', 'pr_globex_token'],
    ['Authorization', 'Bearer portico_tok_of_somebody_else'],
    ['X-Portico-Portal', 'boss@acme.test;1;mac'],
    ['X-Portico-Client', 'cl_globex'],
    ['X-Forwarded-For', '10.0.0.1'],
    ['Forwarded', 'for=10.0.0.1'],
    ['Connection', 'upgrade'],
    ['Transfer-Encoding', 'chunked'],
    ['Content-Length', '3'],
    ['Upgrade', 'websocket'],
    ['TE', 'trailers'],
    ['Expect', '100-continue'],
    ['Proxy-Authorization', 'Basic x'],
    ['Cookie', 'a=b'],
    ['Client-Cert', ':x:'],
    [':authority', 'evil.test'],
    ['X-Split\r\nX-Client-ID', 'cl_globex'],
    ['X-Split', 'a\r\nX-Client-ID: cl_globex'],
    ['X-Split', 'a\nb'],
    ['X-Nul', 'a\0b'],
    ['', 'x'],
    ['X Space', 'x'],
  ])('refuses the header %j', async (name, value) => {
    const answer = await tryOrder({ headers: { [name]: value } });
    expect(answer.status).toBe(422);
    expect(gateway.requests).toEqual([]);
  });

  it('lets a visitor repeat the identity headers as they are', async () => {
    const answer = await tryOrder({ headers: { 'x-client-id': 'cl_acme', 'X-Trace': '1' } });
    expect(answer.status).toBe(200);
    const { rawHeaders } = gateway.requests[0]!;
    const names = rawHeaders.filter((_, index) => index % 2 === 0).map((n) => n.toLowerCase());
    expect(names.filter((name) => name === 'x-client-id')).toHaveLength(1);
    expect(gateway.requests[0]!.headers['x-trace']).toBe('1');
  });

  it.each([
    '..',
    '.',
    '../../admin',
    '..%2f..%2fadmin',
    '%2e%2e',
    '%252e%252e%252f',
    '//evil.test/',
    'http://evil.test/',
    '@evil.test',
    '\\evil.test',
    '42?admin=true',
    '42#fragment',
    '42;admin=true',
    '42 HTTP/1.1\r\nHost: evil.test\r\n\r\nGET /',
    '42\0',
    '42\u2028',
    '\ud800',
    '*',
    '{order_id}',
  ])('keeps the path value %j inside its segment, or refuses it', async (value) => {
    const answer = await tryOrder({ path_params: { order_id: value } });
    if (answer.status !== 422) {
      expect(answer.status).toBe(200);
      expect(gateway.requests).toHaveLength(1);
      const [path, query] = gateway.requests[0]!.url.split('?');
      expect(path!.split('/').slice(0, 4).join('/')).toBe('/orders/v1/orders');
      expect(path!.split('/')).toHaveLength(5);
      expect(decodeURIComponent(path!.split('/')[4]!)).toBe(value);
      expect(query).toBeUndefined();
      expect(gateway.requests[0]!.headers.host).toBe(new URL(gateway.url).host);
    } else {
      expect(gateway.requests).toEqual([]);
    }
  });

  it('keeps any value inside its segment, however it is made', () => {
    const units = fc.constantFrom('.', '/', '%', '2', 'e', 'f', '\\', '?', '#', ';', '@', ':', 'ü');
    fc.assert(
      fc.property(fc.string({ unit: units, minLength: 1 }), (value) => {
        const filled = fillPath('/a/{id}/b', { id: value });
        if (!filled.ok) return;
        const url = new URL(filled.path, 'http://gateway.test/');
        expect(url.host).toBe('gateway.test');
        expect(url.pathname).toMatch(/^\/a\/[^/]+\/b$/);
        expect(url.search + url.hash).toBe('');
      }),
    );
  });

  it('keeps any wildcard below its endpoint', () => {
    const units = fc.constantFrom('.', '/', '%', '2', 'e', '\\', '?', '#', 'a');
    fc.assert(
      fc.property(fc.string({ unit: units, minLength: 1 }), (value) => {
        const filled = fillPath('/files/*', { '*': value });
        if (!filled.ok) return;
        const url = new URL(filled.path, 'http://gateway.test/');
        expect(url.pathname.startsWith('/files/')).toBe(true);
        expect(url.pathname.split('/')).toHaveLength(value.split('/').length + 2);
      }),
    );
  });

  it.each([
    ['a missing path value', { path_params: {} }, 'body.path_params.order_id'],
    ['an unknown path value', { path_params: { order_id: '1', x: '1' } }, 'body.path_params.x'],
    ['a method the endpoint has not', { method: 'DELETE' }, 'body.method'],
    ['a body on GET', { body: 'x' }, 'body.body'],
    ['a nested query value', { query: { a: { b: 1 } } }, 'body.query.a'],
    ['an address', { url: 'http://evil.test' }, 'body.url'],
    ['a gateway', { gateway_url: 'http://evil.test' }, 'body.gateway_url'],
    ['a method we do not know', { method: 'CONNECT' }, 'body.method'],
  ])('refuses %s with 422', async (_, over, path) => {
    const answer = await tryOrder(over);
    expect(answer.status).toBe(422);
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
    expect(gateway.requests).toEqual([]);
  });

  it('says 502 when the gateway cannot be reached', async () => {
    const away = await startPortalEstate({ GATEWAY_INTERNAL_URL: 'http://127.0.0.1:9' });
    try {
      const visitor = await signIn(away, 'dev@acme.test');
      const answer = await visitor.post('/try', {
        profile_id: 'pr_acme_token',
        endpoint_id: 'ep_list_orders',
        method: 'GET',
      });
      expect([answer.status, answer.body.error]).toEqual([502, 'gateway_unreachable']);
    } finally {
      await away.stop();
    }
  });
});
