import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer, request as httpRequest } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { createServer as createTcpServer } from 'node:net';
import { once } from 'node:events';
import { aClient, aCollection, anEndpoint, eventually, freePort } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';
import { errorOf, exchangeBytes, statusesOf } from './raw-socket.ts';

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let handler: Handler = (_request, response) => void response.end();
let server: Server;
let node: TestGateway;
let upstreamUrl: string;

beforeAll(async () => {
  server = createServer((request, response) => handler(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  upstreamUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  node = await startTestGateway({ env: { MAX_BODY_IDLE_MS: '5000', MAX_BODY_BYTES: '300000000' } });
  await use(upstreamUrl);
});
afterAll(async () => {
  await node.stop();
  server.closeAllConnections();
  server.close();
});
const use = (url: string, over: Parameters<typeof upstreamAt>[1] = {}, endpoint: object = {}) =>
  node.publish({
    clients: [aClient()],
    collections: [
      aCollection({
        upstreams: { production: upstreamAt(url, { retries: 0, ...over }) },
        endpoints: [anEndpoint({ methods: ['GET', 'POST'], ...endpoint })],
      }),
    ],
  });

interface Streamed {
  readonly status: number;
  readonly response: IncomingMessage;
}

const open = (options: { method?: string; headers?: Record<string, string> } = {}) => {
  const request = httpRequest(`${node.url}/v1/orders`, {
    method: options.method ?? 'GET',
    headers: { ...IDENTITY, ...options.headers },
    agent: false,
  });
  const answered = new Promise<Streamed>((resolve, reject) => {
    request.on('response', (response) => resolve({ status: response.statusCode ?? 0, response }));
    request.on('error', reject);
  });
  answered.catch(() => undefined);
  return { request, answered };
};

const textOf = async (response: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
};

const call = () => fetch(`${node.url}/v1/orders`, { headers: IDENTITY });

describe('streaming', () => {
  beforeEach(() => use(upstreamUrl));

  it('gives the first event to the caller before the second one exists', async () => {
    let finish = (): void => undefined;
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      finish = () => void response.end('data: two\n\n');
    };
    const { request, answered } = open();
    request.end();
    const { response } = await answered;
    const [first] = (await once(response, 'data')) as [Buffer];
    expect(first.toString()).toBe('data: one\n\n');
    finish();
    expect(await textOf(response)).toBe('data: two\n\n');
  });

  it('ends an event stream whose client is turned off', async () => {
    let cut = false;
    handler = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      response.write('data: one\n\n');
      response.on('close', () => (cut = true));
    };
    const { request, answered } = open({ headers: { 'x-request-id': 'events-1' } });
    request.end();
    const { response } = await answered;
    await once(response, 'data');
    const ended = expect(textOf(response)).rejects.toThrow();
    await node.publish({ clients: [aClient({ active: false })] });
    await ended;
    await eventually(() => cut);
    expect(await node.recordOf('events-1')).toMatchObject({
      status: 200,
      outcome: 'client_forbidden',
      reason: 'access_revoked',
    });
  });

  it('gives the head to the caller before the body exists', async () => {
    let finish = (): void => undefined;
    handler = (_request, response) => {
      response.writeHead(200, { 'x-early': 'yes' });
      response.flushHeaders();
      finish = () => void response.end('body');
    };
    const { request, answered } = open();
    request.end();
    const { response } = await answered;
    expect(response.headers['x-early']).toBe('yes');
    finish();
    expect(await textOf(response)).toBe('body');
  });

  it('gives a body to the upstream while the caller is still writing it', async () => {
    const seen: string[] = [];
    handler = (request, response) => {
      request.on('data', (chunk: Buffer) => seen.push(chunk.toString()));
      request.on('end', () => response.end('done'));
    };
    const { request, answered } = open({ method: 'POST' });
    request.write('first');
    await eventually(() => seen.join('') === 'first');
    request.end('second');
    expect(await textOf((await answered).response)).toBe('done');
    expect(seen.join('')).toBe('firstsecond');
  });

  it('takes no more of a large body than whoever it is for has taken', async () => {
    const size = 256 * 1024 * 1024;
    handler = (request, response) => {
      response.writeHead(200, { 'content-length': String(size) });
      request.pipe(response);
    };
    const { request, answered } = open({
      method: 'POST',
      headers: { 'content-length': String(size) },
    });
    const chunk = Buffer.alloc(256 * 1024, 'x');
    let sent = 0;
    const pump = (): void => {
      while (sent < size) {
        sent += chunk.length;
        if (!request.write(chunk)) return void request.once('drain', pump);
      }
      request.end();
    };
    pump();
    const { response } = await answered;
    // Nobody reads the answer, so the upload comes to a stop, all sockets on the way being full.
    let seen = { sent: 0, sinceMs: 0 };
    await eventually(() => {
      if (sent !== seen.sent) seen = { sent, sinceMs: performance.now() };
      return performance.now() - seen.sinceMs > 300;
    });
    expect(sent).toBeLessThan(size / 4);
    let received = 0;
    for await (const part of response) received += (part as Buffer).length;
    expect(received).toBe(size);
  });

  it('passes trailers and repeated headers on', async () => {
    handler = (_request, response) => {
      response.writeHead(200, [
        ['Set-Cookie', 'a=1'],
        ['Set-Cookie', 'b=2'],
        ['Trailer', 'X-Checksum'],
      ] as never);
      response.write('body');
      response.addTrailers({ 'X-Checksum': 'abc' });
      response.end();
    };
    const { request, answered } = open();
    request.end();
    const { response } = await answered;
    await textOf(response);
    expect(response.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    expect(response.trailers).toEqual({ 'x-checksum': 'abc' });
  });

  it('passes early hints on, and no other interim answer', async () => {
    handler = (_request, response) => {
      response.writeProcessing();
      response.writeEarlyHints({ link: '</style.css>; rel=preload' }, () => response.end('page'));
    };
    const { request, answered } = open();
    const interim: number[] = [];
    request.on('information', (info) => interim.push(info.statusCode));
    request.end();
    expect(await textOf((await answered).response)).toBe('page');
    expect(interim).toEqual([103]);
  });

  it('delivers an answer that comes before the body was read, and ends the connection', async () => {
    handler = (request, response) => {
      request.on('error', () => undefined).resume();
      response.writeHead(403).end('no thanks');
    };
    const { request, answered } = open({
      method: 'POST',
      headers: { 'content-length': '9000000' },
    });
    request.on('error', () => undefined);
    request.write(Buffer.alloc(200_000));
    const { status, response } = await answered;
    expect([status, response.headers.connection]).toEqual([403, 'close']);
    expect(await textOf(response)).toBe('no thanks');
    request.destroy();
  });
});

describe('a caller that leaves', () => {
  beforeEach(() => use(upstreamUrl));

  it('takes its call upstream with it, and leaves a record', async () => {
    let upstreamClosed = false;
    handler = (request, response) => {
      response.on('close', () => (upstreamClosed = !response.writableFinished));
      request.resume();
    };
    const { request } = open({ headers: { 'x-request-id': 'gone-1' } });
    request.on('error', () => undefined);
    request.end();
    const arrived = once(server, 'request');
    await arrived;
    request.destroy();
    await eventually(() => upstreamClosed);
    expect(await node.recordOf('gone-1')).toMatchObject({ outcome: 'client_aborted', status: 499 });
  });

  it('in the middle of an answer is recorded as such, with what it got', async () => {
    handler = (_request, response) => {
      response.writeHead(200);
      response.write('part');
    };
    const { request, answered } = open({ headers: { 'x-request-id': 'gone-2' } });
    request.end();
    const { response } = await answered;
    await once(response, 'data');
    response.on('error', () => undefined);
    request.destroy();
    expect(await node.recordOf('gone-2')).toMatchObject({
      outcome: 'client_aborted',
      status: 200,
      response_bytes: 4,
    });
  });

  it('in the middle of its own body cuts the upstream off', async () => {
    let cut = false;
    handler = (request) => {
      request.on('close', () => (cut = !request.complete)).resume();
    };
    const { request } = open({
      method: 'POST',
      headers: { 'content-length': '100', 'x-request-id': 'gone-3' },
    });
    request.on('error', () => undefined);
    request.write('half');
    await once(server, 'request');
    request.destroy();
    await eventually(() => cut);
    expect((await node.recordOf('gone-3')).outcome).toBe('client_aborted');
  });

  it('without reading its answer is cut off in time', async () => {
    handler = (_request, response) => {
      response.on('error', () => undefined);
      const pump = (): void => {
        while (response.write(Buffer.alloc(256 * 1024))) continue;
        response.once('drain', pump);
      };
      pump();
    };
    const { request, answered } = open({ headers: { 'x-request-id': 'stalled-1' } });
    request.end();
    const { response } = await answered;
    response.pause();
    expect(await node.recordOf('stalled-1')).toMatchObject({
      reason: 'caller_stalled',
      status: 200,
    });
    request.destroy();
  });
});

describe('an upstream that fails', () => {
  const failure = async (): Promise<{
    status: number;
    error: string;
    reason: unknown;
    retryAfter: string | null;
  }> => {
    const answer = await call();
    const body = (await answer.json()) as { error: string; request_id: string };
    const { reason } = await node.recordOf(body.request_id);
    return {
      status: answer.status,
      error: body.error,
      reason,
      retryAfter: answer.headers.get('retry-after'),
    };
  };

  it('by not being there is 502 upstream_unreachable', async () => {
    await use(`http://127.0.0.1:${await freePort()}`);
    expect(await failure()).toMatchObject({
      status: 502,
      error: 'upstream_unreachable',
      reason: 'ECONNREFUSED',
    });
  });

  it('by having no address is 502 upstream_unreachable', async () => {
    await use('http://no-such-host.invalid');
    expect(await failure()).toMatchObject({ status: 502, error: 'upstream_unreachable' });
  });

  it('by closing without an answer is 502 upstream_error', async () => {
    handler = (request) => void request.socket.destroy();
    await use(upstreamUrl);
    expect(await failure()).toMatchObject({ status: 502, error: 'upstream_error' });
  });

  it('by answering something that is not HTTP is 502 upstream_error', async () => {
    const sockets = new Set<Socket>();
    const tcp = createTcpServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('data', () => socket.write('SMTP ready\r\n\r\n'));
    });
    tcp.listen(0, '127.0.0.1');
    await once(tcp, 'listening');
    await use(`http://127.0.0.1:${(tcp.address() as AddressInfo).port}`);
    expect(await failure()).toMatchObject({ status: 502, error: 'upstream_error' });
    for (const socket of sockets) socket.destroy();
    tcp.close();
  });

  it('by taking too long to answer is 504 upstream_timeout', async () => {
    handler = () => undefined;
    await use(upstreamUrl, { timeout_ms: 150 });
    expect(await failure()).toMatchObject({
      status: 504,
      error: 'upstream_timeout',
      reason: 'headers_timeout',
    });
  });

  it("within the endpoint's own time, which counts before the upstream's", async () => {
    handler = () => undefined;
    await use(upstreamUrl, { timeout_ms: 60_000 }, { timeout_ms: 150 });
    expect(await failure()).toMatchObject({ status: 504, reason: 'headers_timeout' });
  });

  it('by falling silent in the middle of its answer cuts the connection', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half');
    };
    await use(upstreamUrl, { timeout_ms: 1_500 });
    const { request, answered } = open({ headers: { 'x-request-id': 'silent-1' } });
    request.end();
    await expect(answered.then(({ response }) => textOf(response))).rejects.toThrow();
    expect(await node.recordOf('silent-1')).toMatchObject({
      status: 200,
      outcome: 'upstream_timeout',
      reason: 'idle_timeout',
    });
  });

  it('by breaking off in the middle of its answer cuts the connection', async () => {
    handler = (_request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => response.destroy());
    };
    await use(upstreamUrl);
    const { request, answered } = open({ headers: { 'x-request-id': 'broken-1' } });
    request.end();
    await expect(answered.then(({ response }) => textOf(response))).rejects.toThrow();
    expect(await node.recordOf('broken-1')).toMatchObject({
      status: 200,
      outcome: 'upstream_error',
    });
  });

  it('by being gone from its last address is 503 while the body is drained', async () => {
    await use(upstreamUrl, { targets: [{ url: upstreamUrl, weight: 0 }] });
    expect(await failure()).toMatchObject({
      status: 503,
      error: 'upstream_unavailable',
      retryAfter: '1',
    });
  });
});

describe('a body that turns out not to be one', () => {
  afterEach(() => use(upstreamUrl));

  it('is refused, although the call was already on its way', async () => {
    handler = (request, response) => {
      request.on('error', () => undefined).resume();
      request.on('end', () => response.end('ok'));
    };
    await use(upstreamUrl);
    const who = Object.entries(IDENTITY)
      .map(([name, value]) => `${name}: ${value}\r\n`)
      .join('');
    const answer = await exchangeBytes(node.gateway.httpPort, [
      `POST /v1/orders HTTP/1.1\r\nHost: a.test\r\n${who}X-Request-ID: bad-chunk\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`,
      'zz\r\n',
    ]);
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[400], 'bad_request']);
    expect((await node.recordOf('bad-chunk')).outcome).toBe('bad_request');
  });
});
