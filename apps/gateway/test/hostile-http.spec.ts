import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { connect } from 'node:net';
import { aClient, aCollection, anEndpoint, eventually, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';
import { errorOf, exchangeBytes, statusesOf } from './raw-socket.ts';

let upstream: Upstream;
let node: TestGateway;
let port: number;

beforeAll(async () => {
  upstream = await startUpstream();
  node = await startTestGateway({
    env: {
      MAX_HEAD_MS: '2000',
      MAX_BODY_BYTES: '100000',
      MAX_BODY_IDLE_MS: '1500',
      MAX_HEADER_COUNT: '50',
    },
    resources: {
      clients: [aClient()],
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(upstream.url) },
          endpoints: [
            anEndpoint({ methods: ['GET', 'POST'] }),
            anEndpoint({ id: 'ep_file', path: '/files/*', methods: ['GET'] }),
          ],
        }),
      ],
    },
  });
  port = node.gateway.httpPort;
});
afterAll(async () => {
  await node.stop();
  await upstream.stop();
});
beforeEach(() => upstream.forget());

const WHO = Object.entries(IDENTITY)
  .map(([name, value]) => `${name}: ${value}\r\n`)
  .join('');
const post = (headers: string, body: string): string =>
  `POST /v1/orders HTTP/1.1\r\nHost: api.test\r\n${WHO}${headers}\r\n${body}`;

describe('a request that two parties could read differently is refused once, and the connection ends', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['CL.TE', post('Content-Length: 6\r\nTransfer-Encoding: chunked\r\n', '0\r\n\r\nG')],
    [
      'TE.CL',
      post(
        'Transfer-Encoding: chunked\r\nContent-Length: 4\r\n',
        '5c\r\nGPOST / HTTP/1.1\r\n\r\n0\r\n\r\n',
      ),
    ],
    [
      'TE.TE with an unknown coding',
      post('Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n', '0\r\n\r\n'),
    ],
    ['a coding before chunked', post('Transfer-Encoding: gzip, chunked\r\n', '0\r\n\r\n')],
    ['an obfuscated coding', post('Transfer-Encoding: xchunked\r\n', '0\r\n\r\n')],
    ['a space before the colon', post('Transfer-Encoding : chunked\r\n', '0\r\n\r\n')],
    ['two lengths that differ', post('Content-Length: 3\r\nContent-Length: 5\r\n', 'hello')],
    ['a list of lengths', post('Content-Length: 5, 5\r\n', 'hello')],
    ['a signed length', post('Content-Length: +5\r\n', 'hello')],
    ['a hexadecimal length', post('Content-Length: 0x5\r\n', 'hello')],
    ['a folded header', post('X-Note: a\r\n b\r\nContent-Length: 0\r\n', '')],
    ['bare line feeds', 'GET /v1/orders HTTP/1.1\nHost: api.test\n\n'],
    [
      'a bare line feed in a header',
      post('X-Note: a\nX-Client-ID: cl_other\r\nContent-Length: 0\r\n', ''),
    ],
    ['a carriage return in a header', post('X-Note: a\rb\r\nContent-Length: 0\r\n', '')],
    ['a NUL in a header', post('X-Note: a\0b\r\nContent-Length: 0\r\n', '')],
    [
      'a chunk size that overflows',
      post('Transfer-Encoding: chunked\r\n', 'fffffffffffffffff\r\nx\r\n0\r\n\r\n'),
    ],
    ['a chunk size with a sign', post('Transfer-Encoding: chunked\r\n', '-1\r\nx\r\n0\r\n\r\n')],
    [
      'chunked in HTTP/1.0',
      `POST /v1/orders HTTP/1.0\r\n${WHO}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
    ],
    ['no Host', `GET /v1/orders HTTP/1.1\r\n${WHO}Connection: close\r\n\r\n`],
    [
      'two Hosts',
      `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\nHost: b.test\r\n${WHO}Connection: close\r\n\r\n`,
    ],
    [
      'a Host with a path',
      `GET /v1/orders HTTP/1.1\r\nHost: a.test/x\r\n${WHO}Connection: close\r\n\r\n`,
    ],
    [
      'a fragment in the target',
      `GET /v1/orders#x HTTP/1.1\r\nHost: a.test\r\n${WHO}Connection: close\r\n\r\n`,
    ],
    [
      'a target that is no path',
      `GET orders HTTP/1.1\r\nHost: a.test\r\n${WHO}Connection: close\r\n\r\n`,
    ],
    ['not HTTP at all', 'EHLO mail.test\r\n\r\n'],
    ['an unknown version', 'GET /v1/orders HTTP/9.9\r\nHost: a.test\r\n\r\n'],
    ['a tunnel', `CONNECT db.internal:5432 HTTP/1.1\r\nHost: db.internal:5432\r\n${WHO}\r\n`],
  ];
  it.each(cases)('%s', async (_name, bytes) => {
    const answer = await exchangeBytes(port, bytes);
    expect(statusesOf(answer)).toEqual([400]);
    expect(errorOf(answer)).toBe('bad_request');
    expect(answer).toMatch(/x-request-id: req_[0-9a-f]{32}/i);
    expect(upstream.requests).toHaveLength(0);
  });

  it('a body that pretends to be the next request stays a body', async () => {
    const inner = 'GET /v1/files/secret HTTP/1.1\r\nHost: a.test\r\n\r\n';
    const bytes = post(`Content-Length: ${inner.length}\r\nConnection: close\r\n`, inner);
    expect(statusesOf(await exchangeBytes(port, bytes))).toEqual([200]);
    expect(upstream.requests.map((request) => request.body.toString())).toEqual([inner]);
  });

  it('chunk extensions and trailers of a body do not reach the upstream', async () => {
    const body = '5;name="x\\"y"\r\nhello\r\n0\r\nX-Client-ID: cl_other\r\n\r\n';
    const bytes = post(
      'Transfer-Encoding: chunked\r\nTrailer: X-Client-ID\r\nConnection: close\r\n',
      body,
    );
    expect(statusesOf(await exchangeBytes(port, bytes))).toEqual([200]);
    const [received] = upstream.requests;
    expect(received?.body.toString()).toBe('hello');
    expect(received?.headers).not.toHaveProperty('x-client-id');
    expect(received?.headers).not.toHaveProperty('trailer');
  });

  it('headers named by Connection end here, in both directions', async () => {
    upstream.answerWith((_request, response) => {
      response.writeHead(200, { connection: 'x-inner', 'x-inner': '1', 'x-outer': '2' }).end('ok');
    });
    const bytes = `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\n${WHO}X-Hop: 1\r\nX-Kept: 2\r\nConnection: close, X-Hop\r\nTE: trailers\r\n\r\n`;
    const answer = await exchangeBytes(port, bytes);
    expect(answer).not.toMatch(/x-inner/i);
    expect(answer).toMatch(/x-outer: 2/i);
    expect(upstream.requests[0]?.headers).toMatchObject({ 'x-kept': '2' });
    expect(upstream.requests[0]?.headers).not.toHaveProperty('x-hop');
    expect(upstream.requests[0]?.headers).not.toHaveProperty('te');
  });
});

describe('a path that could be read in two ways never reaches the upstream', () => {
  const paths = [
    '/v1/files/../orders',
    '/v1/files/%2e%2e/orders',
    '/v1/files/a%2fb',
    '/v1/files/a%5cb',
    '/v1/files/a\\b',
    '/v1/files/%00',
    '/v1/files/%252e%252e/x',
    '/v1//orders',
    '/v1/orders;admin=1',
    '/v1/files/%c0%af',
    '/v1/files/%zz',
    '//v1/orders',
  ];
  it.each(paths)('%s', async (path) => {
    const answer = await exchangeBytes(
      port,
      `GET ${path} HTTP/1.1\r\nHost: a.test\r\n${WHO}Connection: close\r\n\r\n`,
    );
    expect([400, 404]).toContain(statusesOf(answer)[0]);
    expect(upstream.requests).toHaveLength(0);
  });

  it('and an absolute target is read as its path', async () => {
    const bytes = `GET http://evil.test/v1/orders?x=1 HTTP/1.1\r\nHost: a.test\r\n${WHO}Connection: close\r\n\r\n`;
    expect(statusesOf(await exchangeBytes(port, bytes))).toEqual([200]);
    expect(upstream.requests[0]?.url).toBe('/orders?x=1');
    expect(upstream.requests[0]?.headers.host).toBe(new URL(upstream.url).host);
  });
});

describe('who calls is said once', () => {
  it.each(['X-Client-ID: cl_other', 'X-Profile-ID: pr_other'])(
    'a second %s is refused',
    async (header) => {
      const bytes = `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\n${WHO}${header}\r\nConnection: close\r\n\r\n`;
      const answer = await exchangeBytes(port, bytes);
      expect([statusesOf(answer)[0], errorOf(answer)]).toEqual([401, 'identity_required']);
    },
  );

  it('a second Authorization is refused', async () => {
    const bytes = `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\n${WHO}Authorization: Bearer x\r\nConnection: close\r\n\r\n`;
    const answer = await exchangeBytes(port, bytes);
    expect([statusesOf(answer)[0], errorOf(answer)]).toEqual([401, 'invalid_credential']);
  });
});

describe('what is too much', () => {
  it('an oversized head is answered 431 and the connection closes', async () => {
    const bytes = `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\nX-Big: ${'a'.repeat(20_000)}\r\n\r\n`;
    const answer = await exchangeBytes(port, bytes);
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[431], 'headers_too_large']);
  });

  it('too many headers are answered 431', async () => {
    const many = Array.from({ length: 60 }, (_, at) => `X-${at}: 1\r\n`).join('');
    const bytes = `GET /v1/orders HTTP/1.1\r\nHost: a.test\r\n${WHO}${many}Connection: close\r\n\r\n`;
    const answer = await exchangeBytes(port, bytes);
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[431], 'headers_too_large']);
  });

  it('a URL too long is answered 431', async () => {
    const bytes = `GET /v1/orders?${'a'.repeat(9_000)} HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n`;
    expect(statusesOf(await exchangeBytes(port, bytes))).toEqual([431]);
  });

  it('a head that does not arrive is answered 408 and the connection closes', async () => {
    const answer = await exchangeBytes(port, 'GET /v1/orders HTTP/1.1\r\nHost: a');
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[408], 'request_timeout']);
  });

  it('a body that stalls is answered 408', async () => {
    const answer = await exchangeBytes(port, post('Content-Length: 10\r\n', 'half'));
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[408], 'request_timeout']);
  });

  it('a body announced too large is answered 413 before it is sent', async () => {
    const answer = await exchangeBytes(
      port,
      post('Content-Length: 100001\r\nExpect: 100-continue\r\nConnection: close\r\n', ''),
    );
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[413], 'payload_too_large']);
    expect(upstream.requests).toHaveLength(0);
  });

  it('a body that turns out too large is answered 413 and cut off upstream', async () => {
    const chunk = `4000\r\n${'a'.repeat(0x4000)}\r\n`;
    const answer = await exchangeBytes(port, [
      post('Transfer-Encoding: chunked\r\n', ''),
      ...new Array<string>(8).fill(chunk),
      '0\r\n\r\n',
    ]);
    expect([statusesOf(answer), errorOf(answer)]).toEqual([[413], 'payload_too_large']);
    expect(upstream.requests).toHaveLength(0);
  });
});

describe('Expect: 100-continue', () => {
  it('asks for the body only once the call is admitted', async () => {
    const refused = await exchangeBytes(
      port,
      'POST /v1/orders HTTP/1.1\r\nHost: a.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n\r\n',
    );
    expect(statusesOf(refused)).toEqual([401]);
    const answer = await new Promise<string>((resolve) => {
      const socket = connect(port, '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => {
        text += chunk.toString();
        if (text.endsWith('100 Continue\r\n\r\n')) socket.write('hello');
      });
      socket.on('close', () => resolve(text));
      socket.write(post('Content-Length: 5\r\nExpect: 100-continue\r\nConnection: close\r\n', ''));
    });
    expect(statusesOf(answer)).toEqual([100, 200]);
    expect(upstream.requests[0]?.body.toString()).toBe('hello');
  });
});

describe('every malformed connection', () => {
  it('is counted', async () => {
    await eventually(async () => {
      const text = await (await fetch(`${node.adminUrl}/metrics`)).text();
      expect(text).toMatch(/portico_gateway_malformed_total\{code="bad_request"[^}]*\} \d+/);
      expect(text).toMatch(/portico_gateway_malformed_total\{code="request_timeout"[^}]*\} 1/);
    });
  });
});
