import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  requestLinks,
  signIn,
  startPortalEstate,
  tokenOf,
  validateToken,
  Visitor,
} from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

const EMAIL = 'dev@acme.test';

describe('revoking portal access', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortalEstate({ MAX_LINKS_PER_EMAIL: '100' });
  });
  afterAll(() => portico.stop());

  it.each([
    [
      'turning the client off',
      `update clients set active = false where id = 'cl_acme'`,
      `update clients set active = true where id = 'cl_acme'`,
    ],
    [
      'turning portal access off',
      `update clients set has_portal_access = false where id = 'cl_acme'`,
      `update clients set has_portal_access = true where id = 'cl_acme'`,
    ],
    [
      'removing the address',
      `delete from client_emails where client_id = 'cl_acme' and email = '${EMAIL}'`,
      `insert into client_emails values ('cl_acme', '${EMAIL}', 0)`,
    ],
  ])('by %s ends sessions and links with the next request', async (_, revoke, restore) => {
    const [link] = await requestLinks(portico, EMAIL);
    const visitor = await signIn(portico, EMAIL);
    expect((await visitor.get('/session')).status).toBe(200);

    await portico.query(revoke);
    for (const path of ['/session', '/profiles', '/collections']) {
      const { status, body } = await visitor.get(path);
      expect([status, body.error]).toEqual([403, 'access_revoked']);
    }
    const refused = await validateToken(portico, tokenOf(link!));
    expect([refused.status, refused.body.error]).toEqual([403, 'access_revoked']);

    await portico.query(restore);
    // A session does not come back with the access: from here on, signing in again helps.
    const ended = await visitor.get('/session');
    expect([ended.status, ended.body.error]).toEqual([401, 'unauthenticated']);
    expect((await (await signIn(portico, EMAIL)).get('/session')).status).toBe(200);
  });

  it.each([
    [{ active: false }, { active: true }],
    [{ has_portal_access: false }, { has_portal_access: true }],
    [{ authorized_emails: [] }, { authorized_emails: [EMAIL, 'both@shared.test'] }],
  ])('by an admin with %j ends sessions for good, seen or not', async (revoke, restore) => {
    const visitor = await signIn(portico, EMAIL);
    for (const body of [revoke, restore]) {
      expect((await portico.call('PATCH', 'clients/cl_acme', { body })).status).toBe(200);
    }
    expect((await visitor.get('/session')).status).toBe(401);
  });

  it('by an admin is told as such, although the session was ended in the same write', async () => {
    const visitor = await signIn(portico, EMAIL);
    await portico.call('PATCH', 'clients/cl_acme', { body: { has_portal_access: false } });
    const answer = await visitor.get('/usage');
    expect([answer.status, answer.body.error]).toEqual([403, 'access_revoked']);
    await portico.call('PATCH', 'clients/cl_acme', { body: { has_portal_access: true } });
  });

  it.each(['', 'portico_portal=unknown'])(
    'is not what a visitor without a session is told: cookie "%s"',
    async (cookie) => {
      const { status, body } = await new Visitor(portico, cookie).get('/session');
      expect([status, body.error]).toEqual([401, 'unauthenticated']);
    },
  );

  it('is not what somebody who signed out, or came too late, is told', async () => {
    const [out, late] = [await signIn(portico, EMAIL), await signIn(portico, EMAIL)];
    expect((await out.post('/logout')).status).toBe(204);
    await portico.query(`update portal_sessions set expires_at = now() - interval '1 s'
                         where ended_at is null and email = '${EMAIL}'`);
    for (const visitor of [out, late]) {
      const { status, body } = await visitor.get('/session');
      expect([status, body.error]).toEqual([401, 'unauthenticated']);
    }
  });

  it('leaves sessions alone when something else about the client changes', async () => {
    const visitor = await signIn(portico, EMAIL);
    await portico.call('PATCH', 'clients/cl_acme', { body: { description: 'Our first partner' } });
    expect((await visitor.get('/session')).status).toBe(200);
  });

  it('from one person leaves the colleagues in', async () => {
    const colleague = await signIn(portico, 'both@shared.test');
    await portico.query(`delete from client_emails where email = '${EMAIL}'`);
    expect((await colleague.get('/session')).status).toBe(200);
  });
});
