import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ADMIN_KEY, startPortico, type TestPortico } from '../../test/start-portico.ts';

interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, object>>>>;
}

describe('access to the admin API', () => {
  let portico: TestPortico;
  const keys: Record<string, string> = {};

  beforeAll(async () => {
    portico = await startPortico();
    for (const role of ['viewer', 'editor', 'auditor', 'admin']) {
      const { body } = await portico.call('POST', 'api-keys', {
        body: { id: `key_${role}`, name: role, role },
      });
      keys[role] = body.key as string;
    }
  });
  afterAll(() => portico.stop());

  it('asks every route of the document for an identity', async () => {
    const { paths } = (await portico.call('GET', 'openapi.json', { key: null })).body as Document;
    const routes = Object.entries(paths).flatMap(([path, item]) =>
      Object.keys(item)
        .filter(() => !path.includes('/developer-portal/'))
        .map((method) => ({ method: method.toUpperCase(), path: path.replace(/\{\w+\}/g, 'x1') })),
    );
    expect(routes.length).toBeGreaterThan(40);
    for (const { method, path } of routes) {
      const answer = await portico.call(method, path, { key: null });
      expect({ method, path, status: answer.status }).toEqual({ method, path, status: 401 });
      expect(answer.headers.get('www-authenticate')).toContain('Bearer');
    }
  });

  it.each(['wrong-key-wrong-key', `${ADMIN_KEY}x`, ADMIN_KEY.slice(0, -1), ''])(
    'refuses the key "%s"',
    async (key) => {
      const answer = await portico.call('GET', 'clients', { key });
      expect(answer.status).toBe(401);
      expect(answer.body.error).toBe('unauthenticated');
    },
  );

  it.each([
    ['viewer', 'GET', 'clients', 200],
    ['viewer', 'GET', 'gateways', 200],
    ['viewer', 'POST', 'policies', 403],
    ['viewer', 'GET', 'audit-log', 403],
    ['viewer', 'GET', 'api-keys', 403],
    ['viewer', 'GET', 'profiles/pr_none/auth-headers', 403],
    ['editor', 'GET', 'clients', 200],
    ['editor', 'POST', 'policies', 201],
    ['editor', 'GET', 'audit-log', 403],
    ['editor', 'POST', 'api-keys', 403],
    ['auditor', 'GET', 'audit-log', 200],
    ['auditor', 'GET', 'audit-log/verify', 200],
    ['auditor', 'GET', 'clients', 403],
    ['auditor', 'POST', 'policies', 403],
    ['admin', 'GET', 'audit-log', 200],
    ['admin', 'GET', 'admin-users', 200],
    ['admin', 'POST', 'policies', 201],
  ])('lets a %s %s %s: %i', async (role, method, path, status) => {
    const answer = await portico.call(method, path, {
      key: keys[role]!,
      ...(method === 'POST' ? { body: { name: 'x', role: 'viewer' } } : {}),
    });
    // The body of a policy has no role: what is allowed is judged before what is valid.
    const expected = status === 201 ? 422 : status;
    expect(answer.status).toBe(expected);
  });

  it('lets every role but the auditor search request logs only as far as the store answers', async () => {
    for (const role of ['viewer', 'editor', 'auditor', 'admin']) {
      const answer = await portico.call('GET', 'request-logs', { key: keys[role]! });
      expect(answer.status).not.toBe(403);
    }
  });

  it('shows a key once, keeps its digest only, and names it in the audit log', async () => {
    const listed = await portico.call('GET', 'api-keys');
    const rows = await portico.query('select * from api_keys');
    const audits = await portico.query('select * from audit_log');
    for (const key of Object.values(keys)) {
      for (const seen of [listed.body, rows, audits]) {
        expect(JSON.stringify(seen)).not.toContain(key);
      }
    }
    await portico.call('POST', 'policies', { key: keys['editor']!, body: { name: 'by editor' } });
    const newest = await portico.call('GET', 'audit-log?limit=1');
    expect(newest.body.data[0].actor).toEqual({
      type: 'api_key',
      id: 'key_editor',
      name: 'editor',
    });
  });

  it('ends at once for a key that is turned off, expired or deleted', async () => {
    const works = async () =>
      (await portico.call('GET', 'clients', { key: keys['viewer']! })).status === 200;
    const patch = (body: object) => portico.call('PATCH', 'api-keys/key_viewer', { body });
    expect(await works()).toBe(true);
    await patch({ active: false });
    expect(await works()).toBe(false);
    await patch({ active: true, expires_at: '2020-01-01T00:00:00Z' });
    expect(await works()).toBe(false);
    await patch({ expires_at: null });
    expect(await works()).toBe(true);
    await portico.call('DELETE', 'api-keys/key_viewer');
    expect(await works()).toBe(false);
  });

  it.each(['2026-W01', 'tomorrow', 7])('lets no key expire at %s', async (expires_at) => {
    const body = { name: 'x', role: 'viewer', expires_at };
    const answer = await portico.call('POST', 'api-keys', { body });
    expect(answer.status).toBe(422);
    expect(answer.body.details[0].path).toBe('body.expires_at');
  });

  it('keeps admin users by address, one each', async () => {
    const body = { id: 'usr_ada', email: 'Ada@Portico.example', name: 'Ada', role: 'auditor' };
    const created = await portico.call('POST', 'admin-users', { body });
    expect(created.body).toMatchObject({ email: 'ada@portico.example', role: 'auditor' });
    const again = await portico.call('POST', 'admin-users', {
      body: { ...body, id: 'usr_eve', email: 'ada@portico.EXAMPLE' },
    });
    expect(again.status).toBe(409);
    const demoted = await portico.call('PATCH', 'admin-users/usr_ada', { body: { role: 'root' } });
    expect(demoted.status).toBe(422);
    expect((await portico.call('DELETE', 'admin-users/usr_ada')).status).toBe(204);
  });
});
