import { readFileSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { validate } from '@readme/openapi-parser';
import type { ExportableCollection } from '../../src/openapi-export/exportable.ts';
import { toPostmanCollection } from '../../src/openapi-export/postman.ts';
import { renderOpenApi } from '../../src/openapi-export/rendition.ts';

/** Everything a definition can hold, once. `UPDATE_GOLDEN=true` writes the files anew. */
const ORDERS: ExportableCollection = {
  id: 'coll_orders_v2',
  name: 'Orders',
  description: 'Place orders and follow them.',
  basePath: '/orders/v2',
  environments: ['production', 'sandbox'],
  version: 7,
  endpoints: [
    {
      id: 'ep_list_orders',
      name: 'List orders',
      description: 'Newest first.',
      methods: ['GET', 'HEAD'],
      path: '/orders',
      parameters: [
        { name: 'status', in: 'query', type: 'string', required: false, enum: ['open', 'shipped'] },
        { name: 'limit', in: 'query', type: 'integer', required: false, default: 20, maximum: 100 },
        { name: 'sku', in: 'query', type: 'array', items: 'string', required: false },
        { name: 'X-Trace', in: 'header', type: 'string', required: false, format: 'uuid' },
      ],
      requestSchema: null,
      responseSchema: { type: 'array', items: { type: 'object' } },
      examples: { response: [{ id: 42 }] },
      allowedAuthTypes: ['token', 'jwt'],
    },
    {
      id: 'ep_create_order',
      name: 'Create an order',
      description: '',
      methods: ['POST'],
      path: '/orders',
      parameters: [],
      requestSchema: {
        type: 'object',
        required: ['sku'],
        properties: { sku: { type: 'string' }, note: { type: ['string', 'null'] } },
      },
      responseSchema: null,
      examples: { request: { sku: 'desk-oak-160' } },
      allowedAuthTypes: ['token', 'mtls'],
    },
    {
      id: 'ep_get_order',
      name: 'Get an order',
      description: '',
      methods: ['GET'],
      path: '/orders/{order_id}',
      parameters: [
        { name: 'order_id', in: 'path', type: 'integer', required: true, minimum: 1, example: 42 },
      ],
      requestSchema: null,
      responseSchema: null,
      examples: {},
      allowedAuthTypes: ['token', 'jwt', 'oidc', 'mtls', 'none'],
    },
    {
      id: 'ep_cancel_order',
      name: 'Cancel an order',
      description: '',
      methods: ['DELETE'],
      path: '/orders/{id}',
      parameters: [{ name: 'id', in: 'path', type: 'integer', required: true }],
      requestSchema: { type: 'object', properties: { reason: { type: 'string' } } },
      responseSchema: null,
      examples: {},
      allowedAuthTypes: ['token'],
    },
    {
      id: 'ep_documents',
      name: 'Documents',
      description: 'Invoices and delivery notes.',
      methods: ['GET'],
      path: '/documents/*',
      parameters: [],
      requestSchema: null,
      responseSchema: null,
      examples: {},
      allowedAuthTypes: ['oidc'],
    },
  ],
};
const GATEWAY = 'https://api.acme.example';

const golden = (name: string): URL => new URL(`./golden/${name}`, import.meta.url);

function expectGolden(name: string, text: string): void {
  if (process.env.UPDATE_GOLDEN === 'true') writeFileSync(golden(name), text);
  expect(text).toBe(readFileSync(golden(name), 'utf8'));
}

describe('the exported files', () => {
  it.each(['3.0', '3.1'] as const)('for OpenAPI %s are as agreed', async (version) => {
    const target = { version, gatewayUrl: GATEWAY };
    const yaml = renderOpenApi(ORDERS, { ...target, format: 'yaml' });
    expectGolden(`orders-${version}.yaml`, yaml.text);
    const json = renderOpenApi(ORDERS, { ...target, format: 'json' });
    expect((await validate(JSON.parse(json.text))).valid).toBe(true);
  });

  it('for Postman hold every request, with the three headers as variables', async () => {
    const postman = await toPostmanCollection(ORDERS, {
      gatewayUrl: GATEWAY,
      clientId: 'cl_acme',
      profileId: 'pr_acme',
    });
    const requests = requestsOf(postman.item as Item[]);
    expect(requests.map(({ method, name }) => `${method} ${name}`).sort()).toEqual([
      'DELETE Cancel an order',
      'GET Documents',
      'GET Get an order',
      'GET List orders',
      'HEAD List orders',
      'POST Create an order',
    ]);
    for (const { headers } of requests) {
      expect(headers).toMatchObject({
        'X-Client-ID': '{{client_id}}',
        'X-Profile-ID': '{{profile_id}}',
      });
    }
    expect(postman.auth).toEqual({
      type: 'bearer',
      bearer: [{ key: 'token', value: '{{credential}}', type: 'string' }],
    });
    const variables = postman.variable as { key: string; value: string }[];
    expect(variables).toContainEqual({ key: 'credential', value: '', type: 'string' });
    expect(variables.find(({ key }) => key === 'baseUrl')?.value).toBe(`${GATEWAY}/orders/v2`);
  });
});

interface Item {
  readonly name: string;
  readonly item?: Item[];
  readonly request?: { method: string; header: { key: string; value: string }[] };
}

const requestsOf = (
  items: readonly Item[],
): { name: string; method: string; headers: Record<string, string> }[] =>
  items.flatMap(({ name, item, request }) => {
    if (request === undefined) return requestsOf(item ?? []);
    const headers = Object.fromEntries(request.header.map(({ key, value }) => [key, value]));
    return [{ name, method: request.method, headers }];
  });
