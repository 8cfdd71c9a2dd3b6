import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStandalone, type Standalone } from '../deployment.ts';
import { call, type Answer } from '../http.ts';
import {
  bootstrapAdmin,
  expectError,
  onTheWire,
  Outsider,
  pathsOf,
  TIME,
  type Page,
  type Resource,
} from './outsider.ts';

const ROLES = ['viewer', 'editor', 'auditor', 'admin'] as const;
type Role = (typeof ROLES)[number];

/** What holds for every admin route: ids, errors, paging, versions, revisions, roles. */
describe('the admin API', () => {
  let portico: Standalone;
  let admin: Outsider;
  const by = {} as Record<Role, Outsider>;

  beforeAll(async () => {
    portico = await startStandalone({ PORTICO_SEED_DEMO: 'false' });
    admin = bootstrapAdmin(portico);
    for (const role of ROLES) {
      const { key } = await admin.create<{ key: string }>('/api-keys', { name: role, role });
      by[role] = new Outsider(portico.controlPlaneUrl, key);
    }
    await admin.create('/collections', {
      id: 'coll_base',
      name: 'Base',
      base_path: '/base',
      upstreams: { production: { targets: [{ url: 'http://127.0.0.1:9', weight: 1 }] } },
    });
    await admin.create('/collections/coll_base/endpoints', {
      id: 'ep_base',
      name: 'Base',
      methods: ['GET'],
      path: '/base',
    });
    await admin.create('/policies', { id: 'pol_base', name: 'Base' });
    await admin.create('/clients', { id: 'cl_base', name: 'Base' });
    await admin.create('/clients/cl_base/profiles', { id: 'pr_base', name: 'Base' });
  }, 180_000);

  afterAll(() => portico?.stop());

  /** What each collection of resources needs to have one created, besides an id. */
  const KINDS: [prefix: string, path: string, body: () => object][] = [
    ['cl', '/clients', () => ({ name: 'Müller & Söhne, Ltd.' })],
    ['pr', '/clients/cl_base/profiles', () => ({ name: 'Müller & Söhne, Ltd.' })],
    ['coll', '/collections', () => ({ name: 'Müller & Söhne, Ltd.', base_path: `/n${unique()}`, upstreams: { production: { targets: [{ url: 'http://127.0.0.1:9' }] } } })], // prettier-ignore
    ['ep', '/collections/coll_base/endpoints', () => ({ name: 'Müller & Söhne, Ltd.', methods: ['GET'], path: `/n${unique()}` })], // prettier-ignore
    ['pol', '/policies', () => ({ name: 'Müller & Söhne, Ltd.' })],
    ['uc', '/upstream-credentials', () => ({ name: 'Müller & Söhne, Ltd.', type: 'bearer', token: 't0ps3cret' })], // prettier-ignore
    ['usr', '/admin-users', () => ({ name: 'Müller & Söhne, Ltd.', email: `u${unique()}@portico.test`, role: 'viewer' })], // prettier-ignore
    ['key', '/api-keys', () => ({ name: 'Müller & Söhne, Ltd.', role: 'viewer' })],
  ];
  let made = 0;
  const unique = () => (made += 1);

  describe.each(KINDS)('%s_ (%s)', (prefix, path, body) => {
    const one = (id: string) => `${path.replace(/^.*\/(?=profiles|endpoints)/, '/')}/${id}`;

    it('generates an id of prefix, slug of the name and a suffix', async () => {
      const { id } = await admin.create(path, body());
      expect(id).toMatch(new RegExp(`^${prefix}_mu_?ller_so_?hne_ltd_[a-z0-9]{4,}$`));
    });

    it("keeps the caller's id; a taken one is 409, a bad one 422", async () => {
      const id = `${prefix}_own_${'x'.repeat(56)}`;
      expect((await admin.create(path, { ...body(), id })).id).toBe(id);
      expectError(await admin.post(path, { ...body(), id }), 409, 'conflict');
      const bad = ['x', `${prefix}_a`, `${prefix}_Upper`, `${prefix}-dash`, `${prefix}_${'x'.repeat(61)}`, `xx_right`, 7]; // prettier-ignore
      for (const wrong of bad) {
        const error = expectError(
          await admin.post(path, { ...body(), id: wrong }),
          422,
          'validation_failed',
        );
        expect(pathsOf(error)).toEqual(['body.id']);
      }
    });

    it('answers 201 with times, version and ETag, and the same by GET', async () => {
      const created = await admin.post(path, body());
      expect(created.status).toBe(201);
      const resource = created.json<Resource>();
      expect(resource).toMatchObject({ version: 1, created_at: resource.updated_at });
      expect(resource.created_at).toMatch(TIME);
      const read = await admin.get(one(resource.id));
      expect(read.status).toBe(200);
      expect(read.headers.get('etag')).toBe(created.headers.get('etag'));
      expect(created.json()).toMatchObject(read.json());
      const { data } = (await admin.get(`${path}?limit=200&q=${resource.id}`)).json<Page>();
      expect(data).toEqual([read.json()]);
    });

    it('merges a patch, raises the version, and honours If-Match', async () => {
      const { id } = await admin.create(path, body());
      const etag = (await admin.get(one(id))).headers.get('etag')!;
      const patched = await admin.patch(one(id), { name: 'Renamed' }, { 'if-match': etag });
      expect(patched.status).toBe(200);
      const after = patched.json<Resource & { name: string }>();
      expect(after).toMatchObject({ id, name: 'Renamed', version: 2 });
      expect(after.updated_at >= after.created_at).toBe(true);
      expect(patched.headers.get('etag')).not.toBe(etag);

      const stale = { 'if-match': etag };
      expectError(await admin.patch(one(id), { name: 'x' }, stale), 412, 'version_mismatch');
      expectError(await admin.delete(one(id), stale), 412, 'version_mismatch');
      expect((await admin.get(one(id))).json()).toEqual(after);
      const media = { 'content-type': 'application/merge-patch+json' };
      expect((await admin.patch(one(id), '{"name":"Again"}', media)).status).toBe(200);
    });

    it('refuses unknown fields, by POST and by PATCH', async () => {
      const posted = await admin.post(path, { ...body(), colour: 'red' });
      expect(pathsOf(expectError(posted, 422, 'validation_failed'))).toEqual(['body.colour']);
      const { id } = await admin.create(path, body());
      for (const patch of [{ colour: 'red' }, { version: 9 }, { id: `${prefix}_other` }]) {
        const answer = await admin.patch(one(id), patch);
        const [name] = Object.keys(patch);
        expect(pathsOf(expectError(answer, 422, 'validation_failed'))).toEqual([`body.${name}`]);
      }
    });

    it('deletes with 204 and no body; afterwards it is 404', async () => {
      const { id } = await admin.create(path, body());
      const deleted = await admin.delete(one(id));
      expect([deleted.status, deleted.text]).toEqual([204, '']);
      expect(Number(deleted.headers.get('x-config-revision'))).toBeGreaterThan(0);
      expectError(await admin.get(one(id)), 404, 'not_found');
      expectError(await admin.patch(one(id), { name: 'x' }), 404, 'not_found');
      expectError(await admin.delete(one(id)), 404, 'not_found');
    });
  });

  describe('errors', () => {
    it.each([
      ['GET', '/nothing'],
      ['DELETE', '/clients'],
      ['PATCH', '/policies'],
      ['GET', '/clients/cl_nobody'],
      ['GET', '/clients/cl_nobody/profiles'],
      ['GET', '/collections/coll_none/endpoints'],
      ['GET', '/clients/%zz'],
      ['GET', '/clients/cl_a%2Fb'],
      ['GET', `/clients/${'x'.repeat(500)}`],
    ])('%s %s is 404', async (method, path) => {
      const answer = await onTheWire(portico.controlPlaneUrl, `/api/v1${path}`, {
        method,
        headers: [['Authorization', `Bearer portico_adm_for_end_to_end_tests_only`]],
      });
      expectError(answer, 404, 'not_found');
    });

    it.each([
      ['malformed JSON', '{"name":', 'application/json', 400, 'malformed_body'],
      ['nothing', '', 'application/json', 400, 'malformed_body'],
      ['a poisoned prototype', '{"__proto__":{"a":1}}', 'application/json', 400, 'malformed_body'],
      ['a form', 'name=x', 'application/x-www-form-urlencoded', 415, 'unsupported_media_type'],
      ['XML', '<a/>', 'application/xml', 415, 'unsupported_media_type'],
      ['a list', '[]', 'application/json', 422, 'validation_failed'],
      ['a string', '"x"', 'application/json', 422, 'validation_failed'],
      ['null', 'null', 'application/json', 422, 'validation_failed'],
      ['NUL in a text', '{"name":"a\\u0000b"}', 'application/json', 422, 'validation_failed'],
    ])('a body of %s is refused', async (...[, text, type, status, code]) => {
      const answer = await admin.post('/policies', text, { 'content-type': type });
      expectError(answer, status, code);
    });

    it('an oversized body is 413', async () => {
      const answer = await admin.post('/policies', { description: 'x'.repeat(12_000_000) });
      expectError(answer, 413, 'payload_too_large');
    });

    it('every field that is wrong is named, however deep', async () => {
      const answer = await admin.post('/collections', {
        name: '',
        base_path: 'no-slash',
        upstreams: { production: { targets: [{ url: 'ftp://x', weight: -1 }], retries: 'many' } },
        headers: [{ name: 'bad name', value: 'x' }],
        retention_days: 0,
        status: 'live',
      });
      const paths = pathsOf(expectError(answer, 422, 'validation_failed'));
      for (const path of [
        'body.name',
        'body.base_path',
        'body.upstreams.production.targets.0.url',
        'body.upstreams.production.targets.0.weight',
        'body.upstreams.production.retries',
        'body.headers.0.name',
        'body.retention_days',
        'body.status',
      ]) {
        expect(paths).toContain(path);
      }
    });

    it('a reference to what does not exist is 422 and named', async () => {
      const answer = await admin.post('/clients', {
        name: 'Dangling',
        collections: ['coll_base', 'coll_nowhere'],
        policy_id: 'pol_nowhere',
      });
      const paths = pathsOf(expectError(answer, 422, 'validation_failed'));
      expect(paths).toEqual(expect.arrayContaining([expect.stringMatching(/policy|collections/)]));
    });

    it.each([
      ['no key', null],
      ['a wrong key', 'portico_adm_wrong_wrong_wrong_wrong'],
      ['an empty key', ''],
    ])('%s is 401 with a challenge', async (_name, key) => {
      const answer = await new Outsider(portico.controlPlaneUrl, key).get('/clients');
      expectError(answer, 401, 'unauthenticated');
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
    });

    it('the other services answer in the same shape', async () => {
      const at = (name: string) => `http://localhost:${portico.env[name]}`;
      expectError(await call(`${at('LOG_INGEST_PORT')}/nothing`), 404, 'not_found');
      const logs = await call(`${at('LOG_INGEST_PORT')}/internal/v1/request-logs`);
      expectError(logs, 401, 'unauthenticated');
      expectError(await call(`${at('GATEWAY_ADMIN_PORT')}/nothing`), 404, 'not_found');
      expectError(await call(portico.gatewayUrls[0]!), 401, 'identity_required');
    });
  });

  it.each(['CONTROL_PLANE_PORT', 'LOG_INGEST_PORT', 'GATEWAY_ADMIN_PORT'])(
    'health, readiness and metrics are served on %s',
    async (name) => {
      const url = `http://localhost:${portico.env[name]}`;
      for (const path of ['/healthz', '/readyz', '/metrics']) {
        const answer = await call(`${url}${path}`, { headers: { 'x-request-id': 'probe:1' } });
        expect({ path, status: answer.status }).toEqual({ path, status: 200 });
        expect(answer.headers.get('x-request-id')).toBe('probe:1');
      }
      expect((await call(`${url}/metrics`)).text).toMatch(/^# (HELP|TYPE) /m);
    },
  );

  it('X-Request-ID is kept when sane and replaced when not, on answers of all kinds', async () => {
    const idOf = async (answer: Promise<Answer>) => (await answer).headers.get('x-request-id');
    for (const path of ['/clients', '/nothing', '/clients/cl_nobody', '/openapi.json']) {
      const sane = { 'x-request-id': 'ci-4711.a:B_c' };
      expect(await idOf(admin.get(path, sane))).toBe('ci-4711.a:B_c');
      for (const insane of ['a b', '"><script>', 'x'.repeat(300), '']) {
        const id = await idOf(admin.get(path, { 'x-request-id': insane }));
        expect(id).toMatch(/^req_[a-z0-9]+$/);
      }
    }
  });

  describe('lists', () => {
    it.each(['0', '-1', '201', '1.5', 'ten', ''])('limit=%s is 422', async (limit) => {
      const answer = await admin.get(`/policies?limit=${limit}`);
      expect(pathsOf(expectError(answer, 422, 'validation_failed'))).toEqual(['query.limit']);
    });

    it('a cursor that is none, and a filter that does not exist, are 422', async () => {
      const wrong = await admin.get('/policies?cursor=not-a-cursor');
      expect(pathsOf(expectError(wrong, 422, 'validation_failed'))).toEqual(['query.cursor']);
      const unknown = await admin.get('/policies?colour=red');
      expect(pathsOf(expectError(unknown, 422, 'validation_failed'))).toEqual(['query.colour']);
    });

    it('a walk neither repeats nor misses a row while others are inserted and deleted', async () => {
      const there = new Set<string>();
      for (let at = 0; at < 23; at += 1) {
        there.add((await admin.create('/policies', { name: `Walk ${at}` })).id);
      }
      const doomed = (await admin.create('/policies', { name: 'Walk doomed' })).id;
      const seen: string[] = [];
      let cursor: string | null = '';
      let pages = 0;
      while (cursor !== null) {
        const at: string = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
        const page = (await admin.get(`/policies?limit=5&q=walk${at}`)).json<Page>();
        expect(page.data.length).toBeLessThanOrEqual(5);
        seen.push(...page.data.map(({ id }) => id));
        cursor = page.next_cursor;
        pages += 1;
        await admin.create('/policies', { name: `Walk meanwhile ${pages}` });
        if (pages === 2) await admin.delete(`/policies/${doomed}`);
        if (pages > 20) throw new Error('the walk does not end');
      }
      expect(new Set(seen).size).toBe(seen.length);
      for (const id of there) expect(seen).toContain(id);
    });

    it('q finds part of a name or id, whatever its case, and takes no wildcards', async () => {
      const { id } = await admin.create('/policies', { name: 'Percent 100% _under' });
      const found = async (q: string) =>
        (await admin.get(`/policies?q=${encodeURIComponent(q)}`))
          .json<Page>()
          .data.map((one) => one.id);
      expect(await found('PERCENT 100%')).toEqual([id]);
      expect(await found(id.slice(4))).toEqual([id]);
      expect(await found('p_rcent 100')).toEqual([]);
      expect(await found('%%%')).toEqual([]);
    });

    it('the default limit is 50', async () => {
      await Promise.all(
        Array.from({ length: 51 }, () => admin.create('/admin-users', KINDS[6]![2]())),
      );
      const page = (await admin.get('/admin-users')).json<Page>();
      expect(page.data).toHaveLength(50);
      expect(page.next_cursor).toEqual(expect.any(String));
    });
  });

  describe('a merge patch', () => {
    it('takes a field out with null, replaces lists, merges objects, leaves the rest', async () => {
      const { id } = await admin.create('/policies', {
        name: 'Patched',
        description: 'stays',
        rate_limits: [
          { requests: 1, window: '1s' },
          { requests: 9, window: '1m' },
        ],
        quota: { requests: 5, period: 'day' },
      });
      const patch = { quota: null, rate_limits: [{ requests: 2, window: '1h' }] };
      const after = (await admin.patch(`/policies/${id}`, patch)).json();
      expect(after).toMatchObject({
        description: 'stays',
        quota: null,
        rate_limits: [{ requests: 2, window: '1h' }],
      });
      await admin.patch(`/policies/${id}`, { quota: { requests: 5, period: 'day' } });
      const merged = (await admin.patch(`/policies/${id}`, { quota: { requests: 6 } })).json();
      expect(merged['quota']).toEqual({ requests: 6, period: 'day' });
    });

    it('cannot take out what a resource must have, nor make it wrong', async () => {
      const answer = await admin.patch('/collections/coll_base', { name: null, base_path: 'x' });
      const paths = pathsOf(expectError(answer, 422, 'validation_failed'));
      expect(paths.toSorted()).toEqual(['body.base_path', 'body.name']);
    });

    it('merges one upstream environment without losing the other', async () => {
      const sandbox = { targets: [{ url: 'http://127.0.0.1:10' }] };
      const added = await admin.patch('/collections/coll_base', { upstreams: { sandbox } });
      const { upstreams } = added.json<{ upstreams: Record<string, unknown> }>();
      expect(Object.keys(upstreams).toSorted()).toEqual(['production', 'sandbox']);
      const removed = await admin.patch('/collections/coll_base', { upstreams: { sandbox: null } });
      expect(Object.keys(removed.json<{ upstreams: object }>().upstreams)).toEqual(['production']);
    });
  });

  describe('deleting what is in use', () => {
    it('a policy is 409 and names its users', async () => {
      const { id } = await admin.create('/policies', { name: 'Used' });
      const client = await admin.create('/clients', { name: 'User', policy_id: id });
      const error = expectError(await admin.delete(`/policies/${id}`), 409, 'conflict');
      expect(error.message).toContain(client.id);
      expect(JSON.stringify(error.details)).toContain(client.id);
      await admin.patch(`/clients/${client.id}`, { policy_id: null });
      expect((await admin.delete(`/policies/${id}`)).status).toBe(204);
    });

    it('a collection is 409, and ?force=true takes it out of the contracts', async () => {
      const { id } = await admin.create('/collections', KINDS[2]![2]());
      const client = await admin.create('/clients', { name: 'User', collections: [id] });
      const error = expectError(await admin.delete(`/collections/${id}`), 409, 'conflict');
      expect(JSON.stringify(error)).toContain(client.id);
      expectError(await admin.delete(`/collections/${id}?force=yes`), 422, 'validation_failed');
      expect((await admin.delete(`/collections/${id}?force=true`)).status).toBe(204);
      const { collections } = (await admin.get(`/clients/${client.id}`)).json();
      expect(collections).toEqual([]);
    });

    it('an upstream credential is 409 and names its users', async () => {
      const { id } = await admin.create('/upstream-credentials', KINDS[5]![2]());
      const collection = { ...KINDS[2]![2](), credential_id: id };
      const user = await admin.create('/collections', collection);
      const error = expectError(await admin.delete(`/upstream-credentials/${id}`), 409, 'conflict');
      expect(JSON.stringify(error)).toContain(user.id);
    });
  });

  describe('revisions', () => {
    const revisionOf = (answer: Answer) => Number(answer.headers.get('x-config-revision'));

    it('every write answers with the next one', async () => {
      const body = { name: 'Revised' };
      const created = await admin.post('/policies', body);
      const path = `/policies/${created.json<Resource>().id}`;
      const writes = [
        created,
        await admin.patch(path, { name: 'b' }),
        await admin.put('/collections/coll_base/status', { status: 'published' }),
        await admin.put('/collections/coll_base/status', { status: 'draft' }),
        await admin.post('/profiles/pr_base/rotate', { grace_period_seconds: 0 }),
        await admin.post('/collections/coll_base/duplicate'),
        await admin.post('/collections/coll_base/import', IMPORTED),
        await admin.post('/config/apply', { format: 1, policies: [{ id: 'pol_rev', name: 'R' }] }),
        await admin.post('/upstream-credentials', { name: 'R', type: 'bearer', token: 'secret' }),
        await admin.post('/webhooks', { url: 'https://hooks.test/', events: ['webhook.test'] }),
        await admin.post('/admin-users', KINDS[6]![2]()),
        await admin.post('/api-keys', { name: 'R', role: 'viewer' }),
        await admin.delete(path),
      ];
      expect(writes.map(({ status }) => status)).not.toContain(422);
      const revisions = writes.map(revisionOf);
      expect(revisions).toEqual(revisions.map((_, at) => revisions[0]! + at));
    });

    it('a read, and a write that was refused, make none', async () => {
      const before = revisionOf(await admin.post('/policies', { name: 'Before' }));
      expect((await admin.get('/policies')).headers.get('x-config-revision')).toBeNull();
      const refused = await admin.post('/policies', { name: '' });
      expect(refused.headers.get('x-config-revision')).toBeNull();
      expect(revisionOf(await admin.post('/policies', { name: 'After' }))).toBe(before + 1);
    });

    it('Prefer: wait says that it waited, and on how many nodes it is in force', async () => {
      const headers = { prefer: 'respond-async, wait=5' };
      const answer = await admin.post('/policies', { name: 'Waited' }, headers);
      expect(answer.headers.get('preference-applied')).toBe('wait');
      expect(answer.headers.get('x-config-propagation')).toMatch(/^nodes=1\/1;ms=\d+$/);
      const [node] = (await admin.get('/gateways')).json<Page<{ revision: number }>>().data;
      expect(node!.revision).toBeGreaterThanOrEqual(revisionOf(answer));
      const unasked = await admin.post('/policies', { name: 'Not waited' });
      expect(unasked.headers.get('preference-applied')).toBeNull();
      expect(unasked.headers.get('x-config-propagation')).toBeNull();
    });
  });

  describe('roles', () => {
    const [V, E, U, A] = ROLES;
    it.each<[string, string, object | undefined, readonly Role[]]>([
      ['GET', '/collections', undefined, [V, E, A]],
      ['GET', '/clients/cl_base', undefined, [V, E, A]],
      ['GET', '/clients/cl_base/usage', undefined, [V, E, A]],
      ['GET', '/clients/cl_base/profiles', undefined, [V, E, A]],
      ['GET', '/upstream-credentials', undefined, [V, E, A]],
      ['GET', '/webhooks', undefined, [V, E, A]],
      ['GET', '/gateways', undefined, [V, E, A]],
      ['GET', '/config/export', undefined, [V, E, A]],
      ['GET', '/collections/coll_base/openapi', undefined, [V, E, A]],
      ['GET', '/request-logs', undefined, [V, E, U, A]],
      ['GET', '/request-logs/export', undefined, [V, E, U, A]],
      ['GET', '/metrics/summary', undefined, [V, E, U, A]],
      ['GET', '/audit-log', undefined, [U, A]],
      ['GET', '/audit-log/export', undefined, [U, A]],
      ['GET', '/audit-log/verify', undefined, [U, A]],
      ['GET', '/admin-users', undefined, [A]],
      ['GET', '/api-keys', undefined, [A]],
      ['POST', '/api-keys', { name: 'x', role: 'viewer' }, [A]],
      ['POST', '/policies', { name: 'By role' }, [E, A]],
      ['PATCH', '/clients/cl_base', { description: 'By role' }, [E, A]],
      ['PUT', '/collections/coll_base/status', { status: 'draft' }, [E, A]],
      ['POST', '/config/apply?dry_run=true', { format: 1 }, [E, A]],
      ['GET', '/profiles/pr_base/auth-headers', undefined, [E, A]],
      ['POST', '/profiles/pr_base/rotate', { grace_period_seconds: 0 }, [E, A]],
      ['DELETE', '/endpoints/ep_gone', undefined, [E, A]],
    ])('%s %s is for the right ones', async (method, path, body, allowed) => {
      for (const role of ROLES) {
        const answer = await by[role].send(method, path, body);
        if (!allowed.includes(role)) expectError(answer, 403, 'forbidden');
        else expect([200, 201, 204, 404]).toContain(answer.status);
      }
    });

    it('who may not is told before what is wrong with the body', async () => {
      expectError(await by.viewer.post('/policies', { nope: 1 }), 403, 'forbidden');
    });

    it('a key stops working when it is deactivated, and its secret is never shown again', async () => {
      const made = await admin.create<{ id: string; key: string }>('/api-keys', {
        name: 'Short-lived',
        role: 'viewer',
      });
      const holder = new Outsider(portico.controlPlaneUrl, made.key);
      expect((await holder.get('/clients')).status).toBe(200);
      const path = `/api-keys/${made.id}`;
      expect((await admin.get(path)).text).not.toContain(made.key);
      await admin.patch(path, { active: false });
      expectError(await holder.get('/clients'), 401, 'unauthenticated');
      await admin.patch(path, { active: true, expires_at: '2020-01-01T00:00:00Z' });
      expectError(await holder.get('/clients'), 401, 'unauthenticated');
    });
  });

  it('serves its own OpenAPI 3.1, a page to browse it, and every route of the contract', async () => {
    const answer = await call(`${portico.controlPlaneUrl}/api/v1/openapi.json`);
    const document = answer.json<{ openapi: string; paths: Record<string, object> }>();
    expect(document.openapi).toMatch(/^3\.1\./);
    const routes = Object.keys(document.paths).map((path) => path.replace(/\{\w+\}/g, ':id'));
    for (const route of ROUTES) expect(routes).toContain(`/api/v1${route}`);
    const page = await call(`${portico.controlPlaneUrl}/api/docs`);
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
  });
});

const IMPORTED = {
  openapi: '3.1.0',
  info: { title: 'Imported', version: '1' },
  paths: { '/imported': { get: { responses: { 200: { description: 'ok' } } } } },
};

const ROUTES = [
  '/collections',
  '/collections/:id',
  '/collections/:id/status',
  '/collections/:id/duplicate',
  '/collections/:id/import',
  '/collections/:id/openapi',
  '/collections/:id/endpoints',
  '/endpoints/:id',
  '/policies',
  '/policies/:id',
  '/clients',
  '/clients/:id',
  '/clients/:id/profiles',
  '/clients/:id/usage',
  '/profiles/:id',
  '/profiles/:id/auth-headers',
  '/profiles/:id/rotate',
  '/upstream-credentials',
  '/upstream-credentials/:id',
  '/request-logs',
  '/request-logs/:id',
  '/request-logs/export',
  '/metrics/summary',
  '/audit-log',
  '/audit-log/export',
  '/audit-log/verify',
  '/gateways',
  '/config/export',
  '/config/apply',
  '/webhooks',
  '/webhooks/:id',
  '/webhooks/:id/deliveries',
  '/admin-users',
  '/admin-users/:id',
  '/api-keys',
  '/api-keys/:id',
  '/developer-portal/request-link',
  '/developer-portal/validate-token',
  '/developer-portal/session',
  '/developer-portal/logout',
  '/developer-portal/profiles',
  '/developer-portal/profiles/:id/auth-headers',
  '/developer-portal/collections',
  '/developer-portal/collections/:id',
  '/developer-portal/collections/:id/endpoints/:id',
  '/developer-portal/collections/:id/openapi',
  '/developer-portal/collections/:id/postman',
  '/developer-portal/try',
  '/developer-portal/usage',
  '/developer-portal/request-logs',
  '/developer-portal/request-logs/:id',
];
