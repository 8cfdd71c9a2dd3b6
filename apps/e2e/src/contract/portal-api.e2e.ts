import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import { startStandalone, type Standalone } from '../deployment.ts';
import { call } from '../http.ts';
import { PortalVisitor, requestedLink, tokenOf } from '../portal-visitor.ts';
import { aClientCertificate } from './certificate.ts';
import {
  bootstrapAdmin,
  expectError,
  pathsOf,
  TIME,
  type Outsider,
  type Page,
} from './outsider.ts';

const SENT = { message: 'If your email is registered, a sign-in link is on its way.' };
const WAIT = { prefer: 'wait=10' };

interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}
interface TryResult {
  readonly status: number;
  readonly latency_ms: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
  readonly body_encoding: string;
  readonly truncated: boolean;
  readonly request_id: string;
}

/** The developer portal API, route by route, as two partners' developers see it. */
describe('the developer portal API', () => {
  let portico: Standalone;
  let admin: Outsider;
  let upstream: Upstream;
  let ada: PortalVisitor;
  let bob: PortalVisitor;

  beforeAll(async () => {
    upstream = await startUpstream();
    portico = await startStandalone({ PORTICO_SEED_DEMO: 'false' });
    admin = bootstrapAdmin(portico);
    await makeEstate();
    [ada, bob] = [visitor(), visitor()];
    await ada.signIn(portico.mailbox, 'ada@a.test');
    await bob.signIn(portico.mailbox, 'bob@b.test');
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await upstream?.stop();
  });

  const visitor = () => new PortalVisitor(portico.controlPlaneUrl);
  const mails = async () =>
    (await call(`${portico.controlPlaneUrl}/dev/mail.json`)).json<readonly Mail[]>();

  async function makeEstate(): Promise<void> {
    const collections: [string, string, string, object][] = [
      ['coll_aa', '/p/a', 'published', { sandbox: to('/sandbox'), production: to('') }],
      ['coll_bb', '/p/b', 'published', { production: to('') }],
      ['coll_dd', '/p/d', 'draft', { production: to('') }],
    ];
    for (const [id, base_path, status, upstreams] of collections) {
      const common = { description: `About ${id}`, status, log_bodies: 'all' };
      await admin.create('/collections', { id, name: id, base_path, upstreams, ...common });
      await admin.create(`/collections/${id}/endpoints`, {
        id: `ep_${id}`,
        name: 'Get one',
        description: 'One of them',
        methods: ['GET', 'POST'],
        path: '/things/{thing_id}',
        parameters: [
          { name: 'thing_id', in: 'path', type: 'integer', required: true },
          { name: 'view', in: 'query', type: 'string' },
        ],
        request_schema: { type: 'object' },
        response_schema: { type: 'object' },
        examples: { response: { id: 7 } },
        status: 'published',
      });
    }
    await admin.create('/collections/coll_aa/endpoints', {
      id: 'ep_unpublished',
      name: 'Later',
      methods: ['GET'],
      path: '/later',
    });
    await admin.create('/policies', {
      id: 'pol_pp',
      name: 'Portal',
      rate_limits: [{ requests: 1000, window: '1m' }],
    });
    await admin.create('/clients', {
      id: 'cl_aa',
      name: 'Company A',
      has_portal_access: true,
      authorized_emails: ['ada@a.test', 'amy@a.test', 'ann@a.test', 'both@c.test'],
      collections: ['coll_aa', 'coll_dd'],
      policy_id: 'pol_pp',
    });
    await admin.create('/clients', {
      id: 'cl_bb',
      name: 'Company B',
      has_portal_access: true,
      authorized_emails: ['bob@b.test', 'both@c.test'],
      collections: ['coll_bb'],
    });
    await admin.create('/clients', {
      id: 'cl_closed',
      name: 'Closed',
      has_portal_access: false,
      authorized_emails: ['cleo@closed.test'],
    });
    const { cert } = await aClientCertificate('a.test');
    const profiles: [string, string, object][] = [
      ['cl_aa', 'pr_a_token', { auth_type: 'token' }],
      ['cl_aa', 'pr_a_sandbox', { auth_type: 'token', environment: 'sandbox' }],
      ['cl_aa', 'pr_a_jwt', { auth_type: 'jwt', auth: { algorithms: ['HS256'] } }],
      ['cl_aa', 'pr_a_oidc', { auth_type: 'oidc', auth: { issuer: 'http://127.0.0.1:9', audience: 'a' } }], // prettier-ignore
      ['cl_aa', 'pr_a_mtls', { auth_type: 'mtls', auth: { certificates: [cert] } }],
      ['cl_aa', 'pr_a_off', { auth_type: 'token', active: false }],
      ['cl_bb', 'pr_b_token', { auth_type: 'token' }],
    ];
    for (const [client, id, body] of profiles) {
      await admin.create(`/clients/${client}/profiles`, { id, name: id, ...body });
    }
  }

  function to(path: string) {
    return { targets: [{ url: `${upstream.url}${path}`, weight: 1 }] };
  }

  describe('signing in', () => {
    it('answers every address alike', async () => {
      const asked = ['amy@a.test', 'AMY@A.test', 'cleo@closed.test', 'nobody@nowhere.test'];
      for (const email of asked) {
        const answer = await visitor().requestLink(email);
        expect([answer.status, answer.json()]).toEqual([202, SENT]);
      }
      const sentTo = (await mails()).map((mail) => mail.to);
      expect(sentTo).not.toContain('cleo@closed.test');
      expect(sentTo).not.toContain('nobody@nowhere.test');
    });

    it('refuses what is not an address, and fields it does not know', async () => {
      for (const body of [{}, { email: 7 }, { email: 'no address' }]) {
        const answer = await visitor().post('/request-link', body);
        expect(pathsOf(expectError(answer, 422, 'validation_failed'))).toEqual(['body.email']);
      }
      const more = await visitor().post('/request-link', { email: 'a@b.test', client: 'cl_aa' });
      expect(pathsOf(expectError(more, 422, 'validation_failed'))).toEqual(['body.client']);
    });

    it('mails are listed newest first, with their links', async () => {
      await requestedLink(visitor(), portico.mailbox, 'ann@a.test');
      const [newest] = await mails();
      expect(newest).toMatchObject({
        to: 'ann@a.test',
        subject: expect.stringContaining('Company A'),
        text: expect.stringContaining('30 minutes'),
        html: expect.stringMatching(/^<!doctype html>/i),
      });
      expect(newest!.links).toHaveLength(1);
      expect(newest!.text).toContain(newest!.links[0]);
      expect(newest!.links[0]).toContain(portico.controlPlaneUrl);
      const page = await call(`${portico.controlPlaneUrl}/dev/mail`);
      expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    });

    it('gives an address of several clients one labelled link per client', async () => {
      await requestedLink(visitor(), portico.mailbox, 'both@c.test');
      const links = (await mails()).find((mail) => mail.to === 'both@c.test')!.links;
      expect(links).toHaveLength(2);
      const names: string[] = [];
      for (const link of links) {
        const opened = await visitor().open(link);
        names.push(opened.json<{ client: { name: string } }>().client.name);
      }
      expect(names.toSorted()).toEqual(['Company A', 'Company B']);
    });

    it('the link is a page that burns nothing; the token works once, and never after', async () => {
      const link = await requestedLink(visitor(), portico.mailbox, 'ada@a.test');
      for (const method of ['GET', 'HEAD', 'GET']) {
        const page = await call(link, { method });
        expect(page.status).toBe(200);
        expect(page.headers.get('set-cookie')).toBeNull();
      }
      const person = visitor();
      const opened = await person.open(link);
      expect(opened.status).toBe(200);
      expect(opened.json()).toMatchObject({
        client: { id: 'cl_aa', name: 'Company A' },
        email: 'ada@a.test',
        expires_at: expect.stringMatching(TIME),
      });
      expectError(await visitor().open(link), 401, 'invalid_token');
      expect((await person.get('/session')).json()).toEqual(opened.json());
    });

    it('the cookie is HttpOnly, SameSite=Lax, for a day, and not Secure on localhost', async () => {
      const link = await requestedLink(visitor(), portico.mailbox, 'ann@a.test');
      const opened = await visitor().open(link);
      const [cookie] = opened.headers.getSetCookie();
      expect(cookie).toMatch(/^portico_portal=[\w-]{32,};/);
      expect(cookie).toMatch(/; ?HttpOnly/i);
      expect(cookie).toMatch(/; ?SameSite=Lax/i);
      expect(cookie).not.toMatch(/; ?Secure/i);
      const ends = Date.parse(opened.json<{ expires_at: string }>().expires_at);
      expect(Math.abs(ends - Date.now() - 86_400_000)).toBeLessThan(60_000);
      expect(cookie).not.toContain(tokenOf(link));
    });

    it.each(['', 'x', '../..', `${'A'.repeat(43)}`])('the token "%s" is refused', async (token) => {
      const answer = await visitor().post('/validate-token', { token });
      if (token === '') expectError(answer, 422, 'validation_failed');
      else expectError(answer, 401, 'invalid_token');
    });

    it('a link whose access was revoked meanwhile says so', async () => {
      const link = await requestedLink(visitor(), portico.mailbox, 'amy@a.test');
      const emails = ['ada@a.test', 'ann@a.test', 'both@c.test'];
      await admin.patch('/clients/cl_aa', { authorized_emails: emails });
      expectError(await visitor().open(link), 403, 'access_revoked');
    });

    it('asking over and over is throttled, and says nothing of it', async () => {
      const before = (await portico.mailbox.linksTo('bob@b.test')).length;
      for (let at = 0; at < 25; at += 1) {
        const answer = await visitor().requestLink('bob@b.test');
        expect([answer.status, answer.json()]).toEqual([202, SENT]);
      }
      const sent = (await portico.mailbox.linksTo('bob@b.test')).length - before;
      expect(sent).toBeLessThan(25);
    });

    it('signing out ends the session', async () => {
      const person = visitor();
      await person.signIn(portico.mailbox, 'ann@a.test');
      const out = await person.post('/logout');
      expect([200, 204]).toContain(out.status);
      expect(out.headers.getSetCookie().join()).toMatch(/^portico_portal=;/);
      expectError(await person.get('/session'), 401, 'unauthenticated');
    });
  });

  it.each([
    ['GET', '/session'],
    ['GET', '/profiles'],
    ['GET', '/profiles/pr_a_token/auth-headers'],
    ['GET', '/collections'],
    ['GET', '/collections/coll_aa'],
    ['GET', '/collections/coll_aa/endpoints/ep_coll_aa'],
    ['GET', '/collections/coll_aa/openapi'],
    ['GET', '/collections/coll_aa/postman'],
    ['POST', '/try'],
    ['GET', '/usage'],
    ['GET', '/request-logs'],
    ['GET', '/request-logs/req_x'],
    ['POST', '/logout'],
  ])('%s %s is 401 without a session, and with a forged one', async (method, path) => {
    const url = `${portico.controlPlaneUrl}/api/v1/developer-portal${path}`;
    for (const headers of [{}, { cookie: `portico_portal=${'A'.repeat(43)}` }] as object[]) {
      const answer = await call(url, { method, headers: { ...headers } });
      expectError(answer, 401, 'unauthenticated');
    }
  });

  it("an admin's key is no portal session, and a session no admin", async () => {
    const portal = await admin.get('/developer-portal/collections');
    expectError(portal, 401, 'unauthenticated');
    const asAdmin = await ada.get('/../clients');
    expectError(asAdmin, 401, 'unauthenticated');
  });

  it('a write from another site is refused', async () => {
    const url = `${portico.controlPlaneUrl}/api/v1/developer-portal/request-link`;
    const foreign = { origin: 'https://evil.test', 'content-type': 'application/json' };
    const body = '{"email":"ada@a.test"}';
    expectError(await call(url, { headers: foreign, body }), 403, 'csrf_required');
    const form = { 'content-type': 'text/plain' };
    expectError(await call(url, { headers: form, body }), 415, 'unsupported_media_type');
  });

  describe('profiles', () => {
    it('lists the active ones of the client alone', async () => {
      const { data } = (await ada.get('/profiles')).json<Page<{ id: string; name: string }>>();
      expect(data.filter(({ name }) => name !== 'default')).toEqual([
        { id: 'pr_a_token', name: 'pr_a_token', environment: 'production', auth_type: 'token' },
        { id: 'pr_a_sandbox', name: 'pr_a_sandbox', environment: 'sandbox', auth_type: 'token' },
        { id: 'pr_a_jwt', name: 'pr_a_jwt', environment: 'production', auth_type: 'jwt' },
        { id: 'pr_a_oidc', name: 'pr_a_oidc', environment: 'production', auth_type: 'oidc' },
        { id: 'pr_a_mtls', name: 'pr_a_mtls', environment: 'production', auth_type: 'mtls' },
      ]);
    });

    it('the headers it shows are the ones that work', async () => {
      const shown = (await ada.get('/profiles/pr_a_token/auth-headers')).json<{
        headers: { name: string; value: string }[];
        curl: string;
      }>();
      expect(shown.headers.map(({ name }) => name)).toEqual([
        'X-Client-ID',
        'X-Profile-ID',
        'Authorization',
      ]);
      const headers = Object.fromEntries(shown.headers.map(({ name, value }) => [name, value]));
      for (const value of Object.values(headers)) expect(shown.curl).toContain(value);
      expect(shown.curl).toContain(portico.gatewayUrls[0]);
      const answer = await call(`${portico.gatewayUrls[0]}/p/a/things/7`, { headers });
      expect(answer.status).toBe(200);
    });

    it('a jwt profile gets a fresh example and is told how to sign', async () => {
      const shown = (await ada.get('/profiles/pr_a_jwt/auth-headers')).json<{
        headers: { name: string; value: string }[];
        signing: { algorithm: string; secret: string; claims: object; instructions: string };
      }>();
      expect(shown.headers[2]!.value).toMatch(/^Bearer [\w-]+\.[\w-]+\.[\w-]+$/);
      expect(shown.signing).toMatchObject({ algorithm: 'HS256', secret: expect.any(String) });
      expect(shown.signing.instructions.length).toBeGreaterThan(20);
    });

    it.each(['pr_b_token', 'pr_a_off', 'pr_none', '%2e%2e', 'x'.repeat(300)])(
      'one that is not theirs to see is 404: %s',
      async (id) => {
        expectError(await ada.get(`/profiles/${id}/auth-headers`), 404, 'not_found');
      },
    );
  });

  describe('collections', () => {
    it('lists exactly the assigned, published ones, and nothing more about them', async () => {
      expect((await ada.get('/collections')).json()).toEqual({
        data: [
          {
            id: 'coll_aa',
            name: 'coll_aa',
            description: 'About coll_aa',
            base_path: '/p/a',
            published_endpoint_count: 1,
            environments: ['production', 'sandbox'],
          },
        ],
      });
      const { data } = (await bob.get('/collections')).json<Page>();
      expect(data.map(({ id }) => id)).toEqual(['coll_bb']);
    });

    it('shows one with its published endpoints', async () => {
      expect((await ada.get('/collections/coll_aa')).json()).toMatchObject({
        id: 'coll_aa',
        endpoints: [
          {
            id: 'ep_coll_aa',
            name: 'Get one',
            description: 'One of them',
            methods: ['GET', 'POST'],
            path: '/things/{thing_id}',
            full_path: '/p/a/things/{thing_id}',
          },
        ],
      });
    });

    it('shows one endpoint whole, and nothing of the upstream', async () => {
      const answer = await ada.get('/collections/coll_aa/endpoints/ep_coll_aa');
      expect(answer.json()).toMatchObject({
        id: 'ep_coll_aa',
        parameters: [{ name: 'thing_id', in: 'path' }, { name: 'view' }],
        request_schema: { type: 'object' },
        response_schema: { type: 'object' },
        examples: { response: { id: 7 } },
      });
      const whole = answer.text + (await ada.get('/collections/coll_aa')).text;
      for (const ours of [upstream.url, 'target', 'credential', 'upstreams']) {
        expect(whole).not.toContain(ours);
      }
    });

    it.each([
      '/collections/coll_bb',
      '/collections/coll_dd',
      '/collections/coll_none',
      '/collections/coll_bb/openapi',
      '/collections/coll_dd/postman',
      '/collections/coll_aa/endpoints/ep_unpublished',
      '/collections/coll_aa/endpoints/ep_coll_bb',
      '/collections/coll_bb/endpoints/ep_coll_bb',
      '/collections/coll_dd/endpoints/ep_coll_dd',
    ])('%s answers as if it did not exist', async (path) => {
      const nothing = (await ada.get('/collections/coll_nothing_at_all')).json();
      const { message } = expectError(await ada.get(path), 404, 'not_found');
      expect(message).toBe(nothing['message']);
    });

    it.each(['3.0', '3.1'])('downloads as OpenAPI %s, JSON and YAML', async (version) => {
      for (const format of ['json', 'yaml']) {
        const query = `version=${version}&format=${format}`;
        const answer = await ada.get(`/collections/coll_aa/openapi?${query}`);
        expect(answer.status).toBe(200);
        expect(answer.headers.get('content-disposition')).toMatch(/^attachment; filename=/);
        const head = format === 'json' ? `"openapi": "${version}.` : `openapi: ${version}.`;
        expect(answer.text).toContain(head);
        expect(answer.text).toContain('thing_id');
        expect(answer.text).not.toContain('/later');
      }
      const wrong = await ada.get('/collections/coll_aa/openapi?format=xml');
      expect(pathsOf(expectError(wrong, 422, 'validation_failed'))).toEqual(['query.format']);
    });

    it('downloads for Postman, without the credential', async () => {
      const answer = await ada.get('/collections/coll_aa/postman');
      const { info } = answer.json<{ info: { schema: string } }>();
      expect(info.schema).toContain('v2.1');
      expect(answer.text).not.toContain('portico_tok_');
    });
  });

  describe('try', () => {
    const TRY = {
      profile_id: 'pr_a_token',
      endpoint_id: 'ep_coll_aa',
      method: 'GET',
      path_params: { thing_id: '7' },
      query: { view: 'full' },
      headers: { 'X-Mine': 'yes' },
      body: null,
    };
    const attempt = (change: object = {}) => ada.post('/try', { ...TRY, ...change });

    it('makes the call through the gateway and shows the whole answer', async () => {
      upstream.forget();
      const answer = await attempt();
      expect(answer.status).toBe(200);
      const result = answer.json<TryResult>();
      expect(result).toEqual({
        status: 200,
        latency_ms: expect.any(Number),
        headers: expect.any(Array),
        body: expect.stringContaining('/things/7'),
        body_encoding: 'utf8',
        truncated: false,
        request_id: expect.stringMatching(/^req_/),
      });
      for (const header of result.headers) expect(header).toEqual([expect.any(String), expect.any(String)]); // prettier-ignore
      const names = result.headers.map(([name]) => name.toLowerCase());
      expect(names).toEqual(expect.arrayContaining(['content-type', 'ratelimit', 'x-request-id']));
      const [seen] = upstream.requests;
      expect(seen!.url).toBe('/things/7?view=full');
      expect(seen!.headers).toMatchObject({ 'x-mine': 'yes', 'x-portico-profile': 'pr_a_token' });
      expect(Object.keys(seen!.headers)).not.toContain('x-portico-portal');
    });

    it('a body goes as it is written', async () => {
      upstream.forget();
      await attempt({ method: 'POST', body: { a: 1 } });
      await attempt({ method: 'POST', body: '{ "a": 2 }' });
      expect(upstream.requests.map(({ body }) => body.toString())).toEqual(['{"a":1}', '{ "a": 2 }']); // prettier-ignore
    });

    it('the profile picks the environment', async () => {
      const result = (await attempt({ profile_id: 'pr_a_sandbox' })).json<TryResult>();
      expect(JSON.parse(result.body)).toMatchObject({ path: '/sandbox/things/7' });
    });

    it("the gateway's refusals are shown as they are", async () => {
      const result = (await attempt({ path_params: { thing_id: 'seven' } })).json<TryResult>();
      expect(result.status).toBe(400);
      expect(JSON.parse(result.body)).toMatchObject({
        error: 'invalid_request',
        request_id: result.request_id,
      });
    });

    it('bytes come as base64, and no more of them than fits', async () => {
      upstream.answerWith((_request, response) => void response.end(Buffer.alloc(3_000_000, 0xff)));
      const result = (await attempt()).json<TryResult>();
      upstream.answerWith((request, response) => void response.end(request.url));
      expect(result).toMatchObject({ status: 200, body_encoding: 'base64', truncated: true });
      expect(Buffer.from(result.body, 'base64').length).toBeLessThan(3_000_000);
    });

    it('a jwt profile is signed for', async () => {
      expect((await attempt({ profile_id: 'pr_a_jwt' })).json<TryResult>().status).toBe(200);
    });

    it('an oidc profile needs a pasted token, and the gateway judges it', async () => {
      const bare = await attempt({ profile_id: 'pr_a_oidc' });
      expectError(bare, 422, 'validation_failed');
      const headers = { Authorization: 'Bearer pasted.by.me' };
      const pasted = await attempt({ profile_id: 'pr_a_oidc', headers });
      expect(pasted.json<TryResult>().status).toBe(401);
    });

    it('an mtls profile is 409 with the curl to run', async () => {
      const answer = await attempt({ profile_id: 'pr_a_mtls' });
      expect(answer.status).toBe(409);
      const body = answer.json<{ error: string; curl: string; request_id: string }>();
      expect(body.error).toBe('try_unavailable');
      expect(body.request_id).toBe(answer.headers.get('x-request-id'));
      const tls = `https://localhost:${portico.env['GATEWAY_TLS_PORT']}/p/a/things/7?view=full`;
      for (const part of ['--cert client.crt', '--key client.key', 'X-Profile-ID', tls]) {
        expect(body.curl).toContain(part);
      }
    });

    it.each([
      ['a profile of somebody else', { profile_id: 'pr_b_token' }],
      ['an inactive profile', { profile_id: 'pr_a_off' }],
      ['an endpoint outside the contract', { endpoint_id: 'ep_coll_bb' }],
      ['an endpoint of a draft collection', { endpoint_id: 'ep_coll_dd' }],
      ['a draft endpoint', { endpoint_id: 'ep_unpublished' }],
      ['an endpoint that is none', { endpoint_id: 'http://127.0.0.1:9/' }],
    ])('%s is 404', async (_name, change) => {
      expectError(await attempt(change), 404, 'not_found');
    });

    it.each([
      ['url', { url: 'http://127.0.0.1:9/' }],
      ['base_path', { base_path: '/p/b' }],
      ['method', { method: 'DELETE' }],
      ['headers.Host', { headers: { Host: 'evil.test' } }],
      ['headers.X-Client-ID', { headers: { 'X-Client-ID': 'cl_bb' } }],
      ['headers.X-Forwarded-For', { headers: { 'X-Forwarded-For': '192.0.2.1' } }],
      ['headers.X-A', { headers: { 'X-A': 'a\r\nX-B: c' } }],
      ['path_params.thing_id', { path_params: {} }],
    ])('%s is not for the visitor to set like that', async (where, change) => {
      upstream.forget();
      const error = expectError(await attempt(change), 422, 'validation_failed');
      expect(pathsOf(error)).toEqual([`body.${where}`]);
      expect(upstream.requests).toEqual([]);
    });

    it('a path parameter cannot leave its segment', async () => {
      upstream.forget();
      for (const thing_id of ['../later', '7/../../b', '..', '%2e%2e', '7?x=1#']) {
        const answer = await attempt({ path_params: { thing_id } });
        if (answer.status === 200) {
          expect(answer.json<TryResult>().status).toBeGreaterThanOrEqual(400);
        } else expectError(answer, 422, 'validation_failed');
      }
      expect(upstream.requests).toEqual([]);
    });
  });

  describe("the client's own evidence", () => {
    let bobs: string;

    beforeAll(async () => {
      const headers = await admin.authHeaders('pr_b_token');
      const answer = await call(`${portico.gatewayUrls[0]}/p/b/things/1`, { headers });
      bobs = answer.headers.get('x-request-id')!;
      await ada.post('/try', { profile_id: 'pr_a_token', endpoint_id: 'ep_coll_aa', method: 'GET', path_params: { thing_id: '9' } }); // prettier-ignore
      await eventually(async () => {
        const own = (await ada.get('/request-logs?path=/p/a/things/9')).json<Page>().data;
        if (own.length === 0) throw new Error('the try is not stored yet');
        if ((await bob.get('/request-logs')).json<Page>().data.length === 0)
          throw new Error("bob's call is not stored yet");
      });
    });

    it('lists its own calls, whoever made them, and never another client’s', async () => {
      const { data } = (await ada.get('/request-logs?limit=200')).json<
        Page<{ client_id: string; source: string; portal_email: string | null; timestamp: string }>
      >();
      expect(new Set(data.map((row) => row.client_id))).toEqual(new Set(['cl_aa']));
      expect(new Set(data.map((row) => row.source))).toEqual(new Set(['gateway', 'portal']));
      const tried = data.filter(({ source }) => source === 'portal');
      expect(new Set(tried.map((row) => row.portal_email))).toEqual(new Set(['ada@a.test']));
      for (const { timestamp } of data) expect(timestamp).toMatch(TIME);
    });

    it('cannot be pointed at somebody else', async () => {
      const asked = await ada.get('/request-logs?client_id=cl_bb');
      expect(pathsOf(expectError(asked, 422, 'validation_failed'))).toEqual(['query.client_id']);
      expectError(await ada.get(`/request-logs/${bobs}`), 404, 'not_found');
      expect((await bob.get(`/request-logs/${bobs}`)).json()).toMatchObject({ request_id: bobs });
      const found = (await ada.get(`/request-logs?request_id=${bobs}`)).json<Page>();
      expect(found.data).toEqual([]);
    });

    it('shows one whole, without any credential', async () => {
      const { data } = (await ada.get('/request-logs?path=/p/a/things/9')).json<
        Page<{ request_id: string }>
      >();
      const answer = await ada.get(`/request-logs/${data[0]!.request_id}`);
      expect(answer.json()).toMatchObject({ status: 200, response_body_encoding: 'utf8' });
      expect(answer.text).not.toContain('portico_tok_');
    });

    it('usage says what is left', async () => {
      const usage = (await ada.get('/usage')).json<{
        limits: { name: string; limit: number; used: number; resets_at: string }[];
      }>();
      expect(usage.limits).toEqual([
        expect.objectContaining({ name: '1m', limit: 1000, used: expect.any(Number) }),
      ]);
      expect(usage.limits[0]!.resets_at).toMatch(TIME);
      expect((await bob.get('/usage')).json()).toMatchObject({ limits: [] });
    });
  });

  describe('revoking', () => {
    it('an address, portal access or the client ends sessions with the very next request', async () => {
      const person = visitor();
      await person.signIn(portico.mailbox, 'both@c.test');
      /** Still in, or told to stay out. */
      const session = async (who: PortalVisitor) => {
        const answer = await who.get('/session');
        if (answer.status === 403) expectError(answer, 403, 'access_revoked');
        else if (answer.status !== 200) expectError(answer, 401, 'unauthenticated');
        return answer.status === 200;
      };
      expect([await session(person), await session(ada), await session(bob)]).toEqual([
        true,
        true,
        true,
      ]);
      const emails = (authorized_emails: string[]) => ({ authorized_emails });
      await admin.patch('/clients/cl_aa', emails(['ada@a.test']));
      await admin.patch('/clients/cl_bb', emails(['bob@b.test']));
      expect([await session(person), await session(ada)]).toEqual([false, true]);
      await admin.patch('/clients/cl_aa', { has_portal_access: false }, WAIT);
      expect(await session(ada)).toBe(false);
      const headers = await admin.authHeaders('pr_a_token');
      const traffic = () => call(`${portico.gatewayUrls[0]}/p/a/things/7`, { headers });
      expect((await traffic()).status).toBe(200);
      await admin.patch('/clients/cl_bb', { active: false }, WAIT);
      expect(await session(bob)).toBe(false);
      const bobs = await admin.authHeaders('pr_b_token');
      const refused = await call(`${portico.gatewayUrls[0]}/p/b/things/7`, { headers: bobs });
      expectError(refused, 403, 'client_forbidden');
    });
  });
});
