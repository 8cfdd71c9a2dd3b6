import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

describe('rotating a credential from the portal', () => {
  let portico: TestPortico;
  let acme: Visitor;
  beforeAll(async () => {
    portico = await startPortalEstate();
    acme = await signIn(portico, 'dev@acme.test');
  });
  afterAll(() => portico.stop());

  const authorization = async (profile: string): Promise<string> =>
    (await acme.get(`/profiles/${profile}/auth-headers`)).body.headers[2].value;

  it('shows the new token, and keeps the old one for the grace period', async () => {
    const before = await authorization('pr_acme_token');
    const answer = await acme.post('/profiles/pr_acme_token/rotate', {
      grace_period_seconds: 3600,
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-config-revision')).toMatch(/^\d+$/);
    expect(answer.body.credential).toMatch(/^portico_tok_\w{40}$/);
    expect(answer.body.last_used_at).toBeNull();
    const graceMs = Date.parse(answer.body.previous_valid_until) - Date.now();
    expect(graceMs).toBeGreaterThan(3_500_000);
    const after = await authorization('pr_acme_token');
    expect(after).toBe(`Bearer ${answer.body.credential}`);
    expect(after).not.toBe(before);
    const { body } = await acme.get('/profiles/pr_acme_token/credential');
    expect(body.grace).toHaveLength(1);
  });

  it('is audited in the name of the person, without the secret', async () => {
    const { body } = await acme.post('/profiles/pr_acme_jwt/rotate', { grace_period_seconds: 0 });
    const [entry] = await portico.query<Record<string, unknown>>(
      `select * from audit_log where action = 'profile.rotate' order by sequence desc limit 1`,
    );
    expect(entry).toMatchObject({ actor_type: 'portal', actor_id: 'dev@acme.test' });
    expect(JSON.stringify(entry)).not.toContain(body.credential);
  });

  it.each([
    ['pr_acme_mtls', {}, 409],
    ['pr_acme_oidc', {}, 409],
    ['pr_globex_token', {}, 404],
    ['pr_acme_off', {}, 404],
    ['pr_no_such', {}, 404],
    ['pr_acme_token', { grace_period_seconds: -1 }, 422],
    ['pr_acme_token', { grace_period_seconds: 'soon' }, 422],
    ['pr_acme_token', { token: 'mine' }, 422],
  ])('of %s with %j is refused with %i', async (profile, body, status) => {
    expect((await acme.post(`/profiles/${profile}/rotate`, body)).status).toBe(status);
  });

  it('cannot be done from another site', async () => {
    const answer = await portico.call(
      'POST',
      '/api/v1/developer-portal/profiles/pr_acme_token/rotate',
      { key: null, headers: { cookie: acme.cookie, origin: 'https://evil.test' }, body: {} },
    );
    expect([answer.status, answer.body.error]).toEqual([403, 'csrf_required']);
  });
});
