import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  requestLinks,
  signIn,
  startPortalEstate,
  tokenOf,
  validateToken,
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
      expect((await visitor.get(path)).status).toBe(401);
    }
    const refused = await validateToken(portico, tokenOf(link!));
    expect([refused.status, refused.body.error]).toEqual([403, 'access_revoked']);

    await portico.query(restore);
    // A session does not come back with the access.
    expect((await visitor.get('/session')).status).toBe(401);
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
