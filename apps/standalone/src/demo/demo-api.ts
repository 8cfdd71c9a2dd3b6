import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inventoryItems, ordersOf, type DemoOrder } from './demo-data.ts';

export interface DemoApi {
  readonly port: number;
  stop(): Promise<void>;
}

/** A small commerce API to put behind the gateway. Each environment has data of its own. */
export async function startDemoApi(environment: string, port: number): Promise<DemoApi> {
  const orders = new Map(ordersOf(environment).map((order) => [order.id, order]));
  const server = createServer((request, response) => {
    answer({ environment, orders }, request).then(
      (result) => send(response, environment, result),
      () => send(response, environment, { status: 400, body: { error: 'The body is not JSON.' } }),
    );
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port: (server.address() as AddressInfo).port,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

interface Shop {
  readonly environment: string;
  readonly orders: Map<string, DemoOrder>;
}

interface Result {
  readonly status: number;
  readonly body: unknown;
}

async function answer(shop: Shop, request: IncomingMessage): Promise<Result> {
  const url = new URL(request.url ?? '/', 'http://demo');
  const [resource, id, action] = url.pathname.split('/').slice(1);
  // Node sends no body in answer to a HEAD, whatever it is given.
  const method = request.method === 'HEAD' ? 'GET' : request.method;
  const route = `${method} /${resource}${id ? '/:id' : ''}${action ? `/${action}` : ''}`;
  switch (route) {
    case 'GET /orders':
      return listOrders(shop, url.searchParams);
    case 'POST /orders':
      return createOrder(shop, (await readJson(request)) as Record<string, unknown>);
    case 'GET /orders/:id':
      return found(shop.orders.get(id!));
    case 'POST /orders/:id/cancel':
      return cancelOrder(shop, id!);
    case 'GET /items':
      return listItems(shop, url.searchParams);
    case 'GET /items/:id':
      return found(inventoryItems(shop.environment).find((item) => item.sku === id));
    default:
      return { status: 404, body: { error: 'The demo API has nothing here.' } };
  }
}

function listOrders(shop: Shop, query: URLSearchParams): Result {
  const status = query.get('status');
  const limit = Number(query.get('limit') ?? 20);
  const matching = [...shop.orders.values()].filter((order) => !status || order.status === status);
  return {
    status: 200,
    body: {
      environment: shop.environment,
      total: matching.length,
      orders: matching.slice(0, limit),
    },
  };
}

function createOrder(shop: Shop, body: Record<string, unknown>): Result {
  const order: DemoOrder = {
    id: `ord_${shop.environment.slice(0, 4)}_${1000 + shop.orders.size + 1}`,
    environment: shop.environment,
    status: 'open',
    sku: String(body['sku']),
    quantity: Number(body['quantity']),
    customer: String(body['customer'] ?? 'walk-in'),
    created_at: new Date().toISOString(),
  };
  // Bounded, so that a demo left running for weeks stays the size it was.
  if (shop.orders.size < 10_000) shop.orders.set(order.id, order);
  return { status: 201, body: order };
}

function cancelOrder(shop: Shop, id: string): Result {
  const order = shop.orders.get(id);
  if (order === undefined) return found(undefined);
  const cancelled: DemoOrder = { ...order, status: 'cancelled' };
  shop.orders.set(id, cancelled);
  return { status: 200, body: cancelled };
}

function listItems(shop: Shop, query: URLSearchParams): Result {
  const warehouse = query.get('warehouse');
  const items = inventoryItems(shop.environment).filter(
    (item) => !warehouse || item.warehouse === warehouse,
  );
  return { status: 200, body: { environment: shop.environment, items } };
}

function found(value: unknown): Result {
  return value === undefined
    ? { status: 404, body: { error: 'No such thing in the demo data.' } }
    : { status: 200, body: value };
}

const BODY_BYTES_MAX = 64 * 1024;

async function readJson(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request) {
    bytes += (chunk as Buffer).length;
    if (bytes > BODY_BYTES_MAX) throw new Error('body too large');
    chunks.push(chunk as Buffer);
  }
  const value: unknown = JSON.parse(Buffer.concat(chunks).toString('utf8'));
  if (typeof value !== 'object' || value === null) throw new Error('not an object');
  return value;
}

function send(response: ServerResponse, environment: string, { status, body }: Result): void {
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'x-demo-environment': environment,
  });
  response.end(JSON.stringify(body));
}
