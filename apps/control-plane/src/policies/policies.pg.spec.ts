import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('policies', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico();
  });
  afterAll(() => portico.stop());

  it('answers a new policy whole, with defaults, an ETag and the revision', async () => {
    const answer = await portico.call('POST', 'policies', {
      body: { id: 'pol_gold', name: 'Gold', rate_limits: [{ requests: 10, window: '1m' }] },
    });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('etag')).toBe('"1"');
    expect(answer.headers.get('x-config-revision')).toBe('1');
    expect(answer.body).toEqual({
      id: 'pol_gold',
      name: 'Gold',
      description: '',
      active: true,
      rate_limits: [{ requests: 10, window: '1m' }],
      quota: null,
      mode: 'default',
      on_outage: 'share',
      alert_thresholds: [80, 100],
      alert_partner: false,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: expect.any(String),
      version: 1,
    });
  });

  it.each([
    ['no name', {}, 'body.name', 'is required'],
    ['a name that is no text', { name: 7 }, 'body.name', 'must be a string'],
    ['a field we do not know', { name: 'x', nmae: 'y' }, 'body.nmae', 'is not a known field'],
    [
      'a window we do not have',
      { name: 'x', rate_limits: [{ requests: 1, window: '2m' }] },
      'body.rate_limits.0.window',
      expect.any(String),
    ],
    [
      'a window named twice',
      {
        name: 'x',
        rate_limits: [
          { requests: 1, window: '1m' },
          { requests: 2, window: '1m' },
        ],
      },
      'body.rate_limits',
      'must not name a window twice',
    ],
    [
      'a threshold named twice',
      { name: 'x', alert_thresholds: [80, 100, 80] },
      'body.alert_thresholds',
      'must not name a threshold twice',
    ],
    [
      'an unknown field deep inside',
      { name: 'x', quota: { requests: 1, period: 'day', burst: 1 } },
      'body.quota.burst',
      'is not a known field',
    ],
    ['a NUL character', { name: 'a\0b' }, 'body.name', 'holds characters that cannot be stored'],
    ['an id of another kind', { id: 'cl_gold', name: 'x' }, 'body.id', expect.any(String)],
  ])('refuses %s and says where', async (_, body, path, message) => {
    const answer = await portico.call('POST', 'policies', { body });
    expect(answer.status).toBe(422);
    expect(answer.body).toMatchObject({ error: 'validation_failed' });
    expect(answer.body.details).toContainEqual({ path, message });
  });

  it('refuses a taken id with 409', async () => {
    const answer = await portico.call('POST', 'policies', { body: { id: 'pol_gold', name: 'x' } });
    expect(answer.status).toBe(409);
    expect(answer.body.error).toBe('conflict');
  });

  it('merges a patch: null takes out, absent stays', async () => {
    const id = 'pol_merge';
    const quota = { requests: 5, period: 'day' };
    await portico.call('POST', 'policies', { body: { id, name: 'M', quota, description: 'd' } });
    const merged = await portico.call('PATCH', `policies/${id}`, {
      body: { quota: { requests: 6 } },
    });
    expect(merged.body).toMatchObject({ quota: { requests: 6, period: 'day' }, version: 2 });
    const cleared = await portico.call('PATCH', `policies/${id}`, {
      body: JSON.stringify({ quota: null, description: null }),
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(cleared.body).toMatchObject({ quota: null, description: '', name: 'M', version: 3 });
    const nameless = await portico.call('PATCH', `policies/${id}`, { body: { name: null } });
    expect(nameless.status).toBe(422);
    expect(nameless.body.details).toEqual([{ path: 'body.name', message: 'is required' }]);
  });

  it('lets only the holder of the current version change it', async () => {
    const stale = await portico.call('PATCH', 'policies/pol_gold', {
      body: { name: 'Gold+' },
      headers: { 'if-match': '"9"' },
    });
    expect(stale.status).toBe(412);
    expect(stale.body.error).toBe('version_mismatch');
    const current = await portico.call('PATCH', 'policies/pol_gold', {
      body: { name: 'Gold+' },
      headers: { 'if-match': '"1"' },
    });
    expect(current.status).toBe(200);
  });

  it('pages without skipping or repeating, and searches', async () => {
    for (const name of ['p1 find', 'p2 find', 'p3 find', '100%_find']) {
      await portico.call('POST', 'policies', { body: { name } });
    }
    const names: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const page = await portico.call(
        'GET',
        `policies?q=FIND&limit=2${cursor && `&cursor=${cursor}`}`,
      );
      expect(page.body.data.length).toBeLessThanOrEqual(2);
      names.push(...page.body.data.map((policy: { name: string }) => policy.name));
      cursor = page.body.next_cursor;
    }
    expect(names).toEqual(['p1 find', 'p2 find', 'p3 find', '100%_find']);
    const literal = await portico.call('GET', `policies?q=${encodeURIComponent('0%_')}`);
    expect(literal.body.data).toHaveLength(1);
  });

  it.each([
    ['limit=0', 'must not be less than 1'],
    ['limit=201', 'must not be greater than 200'],
    ['limit=ten', 'must be an integer number'],
    ['limit=1&limit=2', 'must be an integer number'],
    ['cursor=!', 'is not a cursor of this list'],
    ['nope=1', 'is not a known field'],
  ])('refuses the query %s, and says one thing: %s', async (query, message) => {
    const answer = await portico.call('GET', `policies?${query}`);
    expect(answer.status).toBe(422);
    expect(answer.body.details).toEqual([{ path: `query.${query.split('=')[0]}`, message }]);
  });

  it('deletes, and then knows nothing of it', async () => {
    await portico.call('POST', 'policies', { body: { id: 'pol_gone', name: 'x' } });
    expect((await portico.call('DELETE', 'policies/pol_gone')).status).toBe(204);
    expect((await portico.call('GET', 'policies/pol_gone')).status).toBe(404);
    expect((await portico.call('DELETE', 'policies/pol_gone')).status).toBe(404);
  });
});
