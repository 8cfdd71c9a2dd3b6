import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

/** Neither alphabetical, nor by length as `jsonb` would have it. */
const properties = {
  quantity: { type: 'integer' },
  sku: { type: 'string' },
  delivery_address: { type: 'object' },
  id: { type: 'string' },
};
const endpoint = {
  id: 'ep_ordered',
  name: 'Ordered',
  methods: ['POST'],
  path: '/ordered',
  parameters: [{ name: 'q', in: 'query', required: false, type: 'string', description: 'Find' }],
  request_schema: { type: 'object', required: ['sku'], properties },
  response_schema: { type: 'array', items: { type: 'object', properties } },
  examples: { response: [{ sku: 'A', id: '1' }], request: { quantity: 1, sku: 'A', id: '1' } },
};
const DOCUMENTS = ['request_schema', 'response_schema', 'examples'] as const;

describe('schemas and examples of an endpoint', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico();
    await portico.call('POST', 'collections', {
      body: { id: 'coll_ordered', name: 'Ordered', base_path: '/ordered' },
    });
    const made = await portico.call('POST', 'collections/coll_ordered/endpoints', {
      body: endpoint,
    });
    expect(made.status).toBe(201);
  });
  afterAll(() => portico.stop());

  const stored = async () => (await portico.call('GET', 'endpoints/ep_ordered')).body;

  it('keep the order of keys that their author chose', async () => {
    const read = await stored();
    for (const name of DOCUMENTS) {
      expect(JSON.stringify(read[name])).toBe(JSON.stringify(endpoint[name]));
    }
    expect(read.parameters).toEqual([expect.objectContaining(endpoint.parameters[0]!)]);
  });

  it('keep it when something else is changed, and take a new one', async () => {
    const { status } = await portico.call('PATCH', 'endpoints/ep_ordered', {
      body: { description: 'In order' },
    });
    expect(status).toBe(200);
    const examples = { request: { id: '1', sku: 'A', quantity: 1 } };
    expect(JSON.stringify((await stored()).examples)).toBe(JSON.stringify(endpoint.examples));
    await portico.call('PATCH', 'endpoints/ep_ordered', { body: { examples: null } });
    await portico.call('PATCH', 'endpoints/ep_ordered', { body: { examples } });
    expect(Object.keys((await stored()).examples.request)).toEqual(['id', 'sku', 'quantity']);
  });

  it('leave the audit log verifiable', async () => {
    const { body } = await portico.call('GET', 'audit-log/verify');
    expect(body).toMatchObject({ valid: true });
    expect(body.entries).toBeGreaterThanOrEqual(3);
  });
});
