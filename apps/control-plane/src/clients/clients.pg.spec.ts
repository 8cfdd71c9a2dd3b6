import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('clients', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico();
    await portico.call('POST', 'collections', {
      body: { id: 'coll_orders', name: 'Orders', base_path: '/orders' },
    });
    await portico.call('POST', 'policies', { body: { id: 'pol_gold', name: 'Gold' } });
  });
  afterAll(() => portico.stop());

  it('come with a default token profile, in the same transaction', async () => {
    const created = await portico.call('POST', 'clients', {
      body: {
        id: 'cl_acme',
        name: 'Acme Corp',
        authorized_emails: [' Dev@Acme.example ', 'dev@acme.example', 'ops@acme.example'],
        collections: ['coll_orders'],
        policy_id: 'pol_gold',
      },
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({
      id: 'cl_acme',
      authorized_emails: ['dev@acme.example', 'ops@acme.example'],
      collections: ['coll_orders'],
      policy_id: 'pol_gold',
      active: true,
      has_portal_access: false,
    });
    const profiles = await portico.call('GET', 'clients/cl_acme/profiles');
    expect(profiles.body.data).toEqual([
      expect.objectContaining({
        client_id: 'cl_acme',
        name: 'default',
        auth_type: 'token',
        environment: 'production',
        active: true,
        credential: { created_at: expect.any(String), grace: [] },
      }),
    ]);
  });

  it('are found by an authorized address', async () => {
    const page = await portico.call('GET', 'clients?q=ops%40ACME');
    expect(page.body.data.map(({ id }: { id: string }) => id)).toEqual(['cl_acme']);
  });

  it('refuse references to what does not exist', async () => {
    const answer = await portico.call('POST', 'clients', {
      body: { name: 'x', policy_id: 'pol_none', collections: ['coll_orders'] },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.details).toEqual([
      { path: 'body.policy_id', message: 'pol_none does not exist' },
    ]);
    const second = await portico.call('POST', 'clients', {
      body: { name: 'x', collections: ['coll_orders', 'coll_none'] },
    });
    expect(second.body.details).toEqual([
      { path: 'body.collections.1', message: 'coll_none does not exist' },
    ]);
  });

  it('refuse an address that is none', async () => {
    const answer = await portico.call('POST', 'clients', {
      body: { name: 'x', authorized_emails: ['not an address'] },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.details[0].path).toBe('body.authorized_emails');
  });

  it('keep what they use from being deleted, and say who they are', async () => {
    const policy = await portico.call('DELETE', 'policies/pol_gold?force=true');
    expect(policy.status).toBe(409);
    expect(policy.body.message).toContain('cl_acme');
    const collection = await portico.call('DELETE', 'collections/coll_orders');
    expect(collection.status).toBe(409);
    expect(collection.body.details).toEqual([{ path: 'cl_acme', message: 'uses it (Acme Corp)' }]);
  });

  it('lose a collection that is deleted by force, as a change of their own', async () => {
    await portico.call('POST', 'collections', {
      body: { id: 'coll_doomed', name: 'Doomed', base_path: '/doomed' },
    });
    await portico.call('PATCH', 'clients/cl_acme', {
      body: { collections: ['coll_orders', 'coll_doomed'] },
    });
    const gone = await portico.call('DELETE', 'collections/coll_doomed?force=true');
    expect(gone.status).toBe(204);
    const client = await portico.call('GET', 'clients/cl_acme');
    expect(client.body).toMatchObject({ collections: ['coll_orders'], version: 3 });
  });

  it('leave nothing behind when the write fails half-way', async () => {
    const count = () =>
      portico.query<{ clients: string; audits: string; revision: string }>(
        `select (select count(*) from clients) clients, (select count(*) from audit_log) audits,
                (select revision from config_revision) revision`,
      );
    const before = await count();
    // The default profile's insert is made to fail: everything before it must be undone.
    await portico.query(
      `create function refuse() returns trigger language plpgsql as
       $$ begin raise exception 'refused'; end $$`,
    );
    await portico.query(
      'create trigger refuse before insert on profile_credentials execute function refuse()',
    );
    const answer = await portico.call('POST', 'clients', { body: { name: 'Half' } });
    await portico.query('drop trigger refuse on profile_credentials');
    expect(answer.status).toBe(500);
    expect(answer.body).toEqual({
      error: 'internal_error',
      message: 'Something went wrong on our side.',
      request_id: expect.stringMatching(/^req_/),
    });
    expect(await count()).toEqual(before);
  });

  it('take their profiles with them', async () => {
    await portico.call('POST', 'clients', { body: { id: 'cl_gone', name: 'Gone' } });
    expect((await portico.call('DELETE', 'clients/cl_gone')).status).toBe(204);
    expect((await portico.call('GET', 'clients/cl_gone')).status).toBe(404);
    expect((await portico.call('GET', 'clients/cl_gone/profiles')).status).toBe(404);
  });
});
