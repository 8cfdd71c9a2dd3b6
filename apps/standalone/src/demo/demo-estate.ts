/**
 * The demo estate as the admin API takes it: Acme and Globex against the same two collections, so
 * that "different catalogue, different limits, different logs" can be seen within a minute.
 */

export const ACME = { clientId: 'cl_acme', email: 'dev@acme.example' };
export const GLOBEX = { clientId: 'cl_globex', email: 'dev@globex.example' };
export const ACME_SANDBOX_PROFILE = 'pr_acme_sandbox';
/** Created after everything else, so its presence says that the seed went through. */
export const LAST_CREATED = 'pr_globex_sandbox';

export interface DemoPorts {
  readonly productionPort: number;
  readonly sandboxPort: number;
}

const upstreamsOf = (ports: DemoPorts) => {
  const at = (port: number) => ({ targets: [{ url: `http://127.0.0.1:${port}`, weight: 1 }] });
  return { production: at(ports.productionPort), sandbox: at(ports.sandboxPort) };
};

export const policies = [
  {
    id: 'pol_enterprise_partner',
    name: 'Enterprise Partner',
    description: '2,000 requests a minute, 5 million a month',
    rate_limits: [{ requests: 2_000, window: '1m' }],
    quota: { requests: 5_000_000, period: 'month' },
  },
  {
    id: 'pol_starter_partner',
    name: 'Starter Partner',
    description: '10 requests a minute, 1,000 a day',
    rate_limits: [{ requests: 10, window: '1m' }],
    quota: { requests: 1_000, period: 'day' },
  },
];

export const collectionsOn = (ports: DemoPorts) => [
  {
    id: 'coll_orders_v2',
    name: 'Orders',
    description: 'Place orders, follow them, and cancel what has not shipped.',
    base_path: '/orders/v2',
    upstreams: upstreamsOf(ports),
    log_bodies: 'all',
  },
  {
    id: 'coll_inventory_read',
    name: 'Inventory (read)',
    description: 'What is in stock, and in which warehouse.',
    base_path: '/inventory/v1',
    upstreams: upstreamsOf(ports),
    log_bodies: 'errors',
  },
];

const orderSchema = {
  type: 'object',
  properties: {
    id: { type: 'string' },
    environment: { type: 'string' },
    status: { type: 'string', enum: ['open', 'shipped', 'cancelled'] },
    sku: { type: 'string' },
    quantity: { type: 'integer' },
    customer: { type: 'string' },
    created_at: { type: 'string', format: 'date-time' },
  },
};

const newOrderSchema = {
  type: 'object',
  required: ['sku', 'quantity'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', description: 'Stock-keeping unit, as listed by the inventory API' },
    quantity: { type: 'integer', minimum: 1, maximum: 1000 },
    customer: { type: 'string', maxLength: 120 },
  },
};

const orderId = {
  name: 'order_id',
  in: 'path',
  type: 'string',
  required: true,
  pattern: '^ord_[a-z]+_[0-9]+$',
  example: 'ord_sand_1001',
};

const ordersEndpoints = [
  {
    id: 'ep_orders_list',
    name: 'List orders',
    description: 'Your orders, oldest first.',
    methods: ['GET'],
    path: '/orders',
    parameters: [
      { name: 'status', in: 'query', type: 'string', enum: ['open', 'shipped', 'cancelled'] },
      { name: 'limit', in: 'query', type: 'integer', minimum: 1, maximum: 100, default: 20 },
    ],
    response_schema: {
      type: 'object',
      properties: {
        environment: { type: 'string' },
        total: { type: 'integer' },
        orders: { type: 'array', items: orderSchema },
      },
    },
  },
  {
    id: 'ep_orders_create',
    name: 'Place an order',
    description: 'Creates an order for one product.',
    methods: ['POST'],
    path: '/orders',
    request_schema: newOrderSchema,
    response_schema: orderSchema,
    examples: { request: { sku: 'desk-oak-160', quantity: 2, customer: 'Northwind Interiors' } },
  },
  {
    id: 'ep_orders_get',
    name: 'Get an order',
    description: 'One order, by its id.',
    methods: ['GET'],
    path: '/orders/{order_id}',
    parameters: [orderId],
    response_schema: orderSchema,
  },
  {
    id: 'ep_orders_cancel',
    name: 'Cancel an order',
    description: 'Cancels an order.',
    methods: ['POST'],
    path: '/orders/{order_id}/cancel',
    parameters: [orderId],
    response_schema: orderSchema,
  },
];

const inventoryEndpoints = [
  {
    id: 'ep_items_list',
    name: 'List items',
    description: 'Everything in stock.',
    methods: ['GET'],
    path: '/items',
    parameters: [{ name: 'warehouse', in: 'query', type: 'string', enum: ['rotterdam', 'lyon'] }],
  },
  {
    id: 'ep_items_get',
    name: 'Get an item',
    description: 'One item, by its stock-keeping unit.',
    methods: ['GET'],
    path: '/items/{sku}',
    parameters: [
      { name: 'sku', in: 'path', type: 'string', required: true, example: 'desk-oak-160' },
    ],
  },
];

export const endpoints: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  coll_orders_v2: ordersEndpoints,
  coll_inventory_read: inventoryEndpoints,
};

export const clients = [
  {
    id: ACME.clientId,
    name: 'Acme Corp',
    description: 'Sells furniture on three continents.',
    email: 'partners@acme.example',
    has_portal_access: true,
    authorized_emails: [ACME.email, 'lead@acme.example', 'ops@acme.example'],
    collections: ['coll_orders_v2', 'coll_inventory_read'],
    policy_id: 'pol_enterprise_partner',
  },
  {
    id: GLOBEX.clientId,
    name: 'Globex',
    description: 'Compares prices; needs to know what is in stock.',
    email: 'partners@globex.example',
    has_portal_access: true,
    authorized_emails: [GLOBEX.email],
    collections: ['coll_inventory_read'],
    policy_id: 'pol_starter_partner',
  },
];

/** Besides the `default` token profile that is created with each client. */
export const profiles: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  [ACME.clientId]: [
    { id: ACME_SANDBOX_PROFILE, name: 'sandbox', environment: 'sandbox', auth_type: 'token' },
  ],
  [GLOBEX.clientId]: [
    { id: LAST_CREATED, name: 'sandbox', environment: 'sandbox', auth_type: 'token' },
  ],
};
