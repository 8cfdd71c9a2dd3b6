import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { insertEndpoint, signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

/** `coll_nobodys` moves to a base path that takes all requests to `/orders/v1/orders/new`. */
describe('an endpoint that a longer base path takes every request from', () => {
  let portico: TestPortico;
  let acme: Visitor;
  const hide = (base_path: string, status = 'published') =>
    portico.query(`update collections set base_path = $1, status = $2 where id = 'coll_nobodys'`, [
      base_path,
      status,
    ]);
  const orders = async () => (await acme.get('/collections/coll_orders')).body;

  beforeAll(async () => {
    portico = await startPortalEstate();
    acme = await signIn(portico, 'dev@acme.test');
    await hide('/orders/v1/orders/new');
  });
  afterAll(() => portico.stop());

  it('is not listed, counted, shown, exported or tried', async () => {
    const { data } = (await acme.get('/collections')).body;
    expect(data[0]).toMatchObject({ id: 'coll_orders', published_endpoint_count: 3 });
    expect(JSON.stringify((await orders()).endpoints)).not.toContain('ep_create_order');
    for (const file of ['openapi?version=3.0', 'openapi?version=3.1', 'postman']) {
      const { status, body } = await acme.get(`/collections/coll_orders/${file}`);
      expect(status).toBe(200);
      expect(JSON.stringify(body)).not.toContain('Name of ep_create_order');
      expect(JSON.stringify(body)).toContain('Name of ep_list_orders');
    }
    const one = await acme.get('/collections/coll_orders/endpoints/ep_create_order');
    const tried = await acme.post('/try', {
      profile_id: 'pr_acme_none',
      endpoint_id: 'ep_create_order',
      method: 'POST',
    });
    expect([one.status, tried.status]).toEqual([404, 404]);
  });

  it('leaves its neighbours, and templates that other values still reach, where they are', async () => {
    const paths = (await orders()).endpoints.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual(['/files/*', '/orders', '/orders/{order_id}']);
  });

  it('is back when the other collection is a draft, or elsewhere', async () => {
    await hide('/orders/v1/orders/new', 'draft');
    expect((await orders()).published_endpoint_count).toBe(4);
    await hide('/orders/v1/orders/newer');
    expect((await orders()).published_endpoint_count).toBe(4);
    await hide('/orders/v1/orders');
    await insertEndpoint(portico, 'ep_root', { collection: 'coll_orders', path: '/' });
    const paths = (await orders()).endpoints.map(({ path }: { path: string }) => path).sort();
    expect(paths).toEqual(['/', '/files/*']);
  });
});
