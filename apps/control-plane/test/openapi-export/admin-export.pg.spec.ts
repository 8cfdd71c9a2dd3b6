import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validate } from '@readme/openapi-parser';
import { startPortalEstate } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

describe('an admin’s OpenAPI export', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortalEstate();
  });
  afterAll(() => portico.stop());

  it.each(['3.0', '3.1'])('holds the whole collection in %s, drafts marked', async (version) => {
    const answer = await portico.call('GET', `collections/coll_orders/openapi?version=${version}`);
    expect(answer.status).toBe(200);
    expect((await validate(structuredClone(answer.body))).valid).toBe(true);
    expect(answer.body.paths['/drafts'].get['x-portico-status']).toBe('draft');
    expect(answer.body.paths['/orders'].get).not.toHaveProperty('x-portico-status');
    expect(JSON.stringify(answer.body)).not.toMatch(/secret-backend|secret-target/);
  });

  it('is YAML where asked for', async () => {
    const answer = await portico.call('GET', 'collections/coll_orders/openapi?format=yaml');
    expect(answer.headers.get('content-type')).toMatch(/^application\/yaml/);
    expect(answer.body).toMatch(/^openapi: 3\.1\.0\n/);
  });

  it('is for admins only, and of collections that exist', async () => {
    const path = 'collections/coll_orders/openapi';
    expect((await portico.call('GET', path, { key: null })).status).toBe(401);
    expect((await portico.call('GET', 'collections/coll_no_such/openapi')).status).toBe(404);
    expect((await portico.call('GET', `${path}?version=2.0`)).status).toBe(422);
  });
});
