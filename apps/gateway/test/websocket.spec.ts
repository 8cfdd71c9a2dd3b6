import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aClient, aCollection, aPolicy, aProfile, eventually, freePort } from '@portico/testkit';
import { WebSocket, WebSocketServer } from 'ws';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let echo: WebSocketServer;
let url: string;
let node: TestGateway;
let asked: IncomingMessage[] = [];
const opened: WebSocket[] = [];

/** What the upstream says of limits of its own. */
const FOREIGN = { RateLimit: '"upstream";r=1;t=1' };
const COLLECTION = () => aCollection({ upstreams: { production: upstreamAt(url) } });

beforeAll(async () => {
  echo = new WebSocketServer({
    ...{ port: 0, host: '127.0.0.1', handleProtocols: () => 'orders.v1' },
    verifyClient: ({ req }, done) =>
      req.url === '/orders?closed' ? done(false, 409, 'closed', FOREIGN) : done(true),
  });
  echo.on('headers', (headers) => {
    for (const [name, value] of Object.entries(FOREIGN)) headers.push(`${name}: ${value}`);
  });
  await once(echo, 'listening');
  url = `http://127.0.0.1:${(echo.address() as AddressInfo).port}`;
  echo.on('connection', (socket, request) => {
    asked.push(request);
    socket.on('message', (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on('error', () => undefined);
  });
  node = await startTestGateway({
    resources: { clients: [aClient()], collections: [COLLECTION()] },
  });
});
afterEach(() => {
  for (const socket of opened.splice(0)) socket.terminate();
  asked = [];
});
afterAll(async () => {
  await node.stop();
  for (const socket of echo.clients) socket.terminate();
  echo.close();
});

const connect = (headers: Record<string, string> = IDENTITY, path = '/v1/orders'): WebSocket => {
  const socket = new WebSocket(`${node.url.replace('http', 'ws')}${path}`, ['orders.v1'], {
    headers,
  });
  socket.on('error', () => undefined);
  opened.push(socket);
  return socket;
};
const refusalOf = async (socket: WebSocket): Promise<{ status: number; error: string }> => {
  const [, response] = (await once(socket, 'unexpected-response')) as [unknown, IncomingMessage];
  let body = '';
  for await (const chunk of response) body += String(chunk);
  return { status: response.statusCode ?? 0, error: (JSON.parse(body) as { error: string }).error };
};

describe('a WebSocket', () => {
  it('is joined with the upstream, whose side never sees the credential', async () => {
    const socket = connect({ ...IDENTITY, 'x-request-id': 'socket-1', via: '1.1 edge' });
    await once(socket, 'open');
    expect(socket.protocol).toBe('orders.v1');
    for (const message of ['one', 'x'.repeat(200_000)]) {
      socket.send(message);
      const [data] = (await once(socket, 'message')) as [Buffer];
      expect(data.toString()).toBe(message);
    }
    expect(asked[0]?.url).toBe('/orders');
    expect(asked[0]?.headers['x-portico-client']).toBe('cl_acme');
    expect(asked[0]?.headers).not.toHaveProperty('authorization');
    expect(asked[0]?.headers['via']).toBe('1.1 edge, 1.1 portico');
    socket.close();
    await once(socket, 'close');
    const record = await node.recordOf('socket-1');
    expect(record).toMatchObject({ status: 101, outcome: 'forwarded', client_id: 'cl_acme' });
    expect(record.request_bytes).toBeGreaterThan(200_000);
    expect(record.response_bytes).toBeGreaterThan(200_000);
  });

  it('is refused like any request, before anything is upgraded', async () => {
    expect(await refusalOf(connect({ ...IDENTITY, authorization: 'Bearer x' }))).toEqual({
      status: 401,
      error: 'invalid_credential',
    });
    expect(await refusalOf(connect(IDENTITY, '/v1/nothing'))).toEqual({
      status: 404,
      error: 'not_found',
    });
    expect(asked).toHaveLength(0);
  });

  it('ends at once when its client is turned off, and stays when something else changes', async () => {
    const socket = connect({ ...IDENTITY, 'x-request-id': 'socket-2' });
    await once(socket, 'open');
    await node.publish({ clients: [aClient({ name: 'Acme renamed' })] });
    socket.send('still there');
    await once(socket, 'message');
    const closed = once(socket, 'close');
    await node.publish({ clients: [aClient({ active: false })] });
    await closed;
    await eventually(() => echo.clients.size === 0);
    expect((await node.recordOf('socket-2')).reason).toBe('access_revoked');
    await node.publish({ clients: [aClient()] });
  });

  it('ends when the collection leaves the contract', async () => {
    const socket = connect();
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await node.publish({ clients: [aClient({ collections: [] })] });
    await closed;
    await node.publish({ clients: [aClient()] });
  });

  it('takes the other side with it', async () => {
    const socket = connect();
    await once(socket, 'open');
    await eventually(() => echo.clients.size === 1);
    socket.terminate();
    await eventually(() => echo.clients.size === 0);
    const other = connect();
    await once(other, 'open');
    const closed = once(other, 'close');
    for (const client of echo.clients) client.terminate();
    await closed;
  });

  it('does not keep a node from stopping', async () => {
    const stopping = await startTestGateway({
      resources: { clients: [aClient()], collections: [COLLECTION()] },
    });
    const socket = new WebSocket(`${stopping.url.replace('http', 'ws')}/v1/orders`, {
      headers: IDENTITY,
    });
    socket.on('error', () => undefined);
    await once(socket, 'open');
    const closed = once(socket, 'close');
    await stopping.stop();
    await closed;
  });
});

describe('a WebSocket that counts against limits', () => {
  const LIMITED = aPolicy({ rate_limits: [{ requests: 3, window: '1h' }] });
  const COUNTED = { ...IDENTITY, 'x-profile-id': 'pr_counted' };
  beforeAll(async () => {
    const profiles = [aProfile(), aProfile({ id: 'pr_counted', policy_id: LIMITED.id })];
    await node.publish({ policies: [LIMITED], clients: [aClient({ profiles })] });
  });
  afterAll(() => node.publish({ clients: [aClient()] }));

  const headersOf = async (socket: WebSocket, event: 'upgrade' | 'unexpected-response') => {
    const args = (await once(socket, event)) as IncomingMessage[];
    const response = args.at(-1) as IncomingMessage;
    return { status: response.statusCode, ...response.headers };
  };
  const standing = (remaining: number) => ({
    'ratelimit-policy': '"1h";q=3;w=3600',
    ratelimit: expect.stringMatching(new RegExp(`^"1h";r=${remaining};t=\\d+$`)),
    'x-ratelimit-limit': '3',
    'x-ratelimit-remaining': `${remaining}`,
    'x-ratelimit-reset': expect.stringMatching(/^\d{10}$/),
  });

  it('says where they stand: joined, declined by the upstream, failed, or one too many', async () => {
    const joined = connect({ ...COUNTED, 'x-request-id': 'socket-limited' });
    expect(await headersOf(joined, 'upgrade')).toMatchObject({ status: 101, ...standing(2) });
    joined.terminate();
    const { response_headers: recorded } = await node.recordOf('socket-limited');
    expect(new Map(recorded).get('X-RateLimit-Remaining')).toBe('2');

    const declined = connect(COUNTED, '/v1/orders?closed');
    expect(await headersOf(declined, 'unexpected-response')).toMatchObject({
      status: 409,
      ...standing(1),
    });
    await node.publish({
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(`http://127.0.0.1:${await freePort()}`) },
        }),
      ],
    });
    expect(await headersOf(connect(COUNTED), 'unexpected-response')).toMatchObject({
      status: 502,
      ...standing(0),
    });
    expect(await headersOf(connect(COUNTED), 'unexpected-response')).toMatchObject({
      status: 429,
      'retry-after': expect.stringMatching(/^[1-9]\d*$/),
      ...standing(0),
    });
    await node.publish({ collections: [COLLECTION()] });
  });
});

describe('an offer to upgrade to something else', () => {
  it('is answered as a plain request', async () => {
    const plain = await fetch(`${node.url}/v1/nothing`, { headers: IDENTITY });
    expect(plain.status).toBe(404);
    const { exchangeBytes, statusesOf } = await import('./raw-socket.ts');
    const bytes = `GET /v1/nothing HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade, HTTP2-Settings, close\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n\r\n`;
    expect(statusesOf(await exchangeBytes(node.gateway.httpPort, bytes))).toEqual([401]);
  });
});
