import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectHttp2 } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import type { RequestOptions } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import {
  aClient,
  aCollection,
  anEndpoint,
  aProfile,
  eventually,
  startUpstream,
} from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { aCertificate } from './certificates.ts';
import type { TestCertificate } from './certificates.ts';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let upstream: Upstream;
let partner: TestCertificate;
let stranger: TestCertificate;
const nodes: TestGateway[] = [];

beforeAll(async () => {
  upstream = await startUpstream((request, response) => {
    response.setHeader('set-cookie', ['a=1', 'b=2']);
    response.end(request.body.length > 0 ? request.body : 'hello');
  });
  [partner, stranger] = await Promise.all([aCertificate('acme'), aCertificate('mallory')]);
});
afterEach(async () => {
  for (const node of nodes.splice(0)) await node.stop();
  upstream.forget();
});
afterAll(() => upstream.stop());

async function start(env: NodeJS.ProcessEnv = {}): Promise<TestGateway> {
  const node = await startTestGateway({
    env: { GATEWAY_TLS_PORT: '0', ...env },
    resources: {
      clients: [
        aClient({
          profiles: [
            aProfile(),
            aProfile({
              id: 'pr_mtls',
              auth: {
                type: 'mtls',
                pins: [{ sha256: partner.sha256, not_after_ms: Date.now() + 86_400_000 }],
              },
            }),
          ],
        }),
      ],
      collections: [
        aCollection({
          upstreams: { production: upstreamAt(upstream.url) },
          endpoints: [anEndpoint({ methods: ['GET', 'POST'] })],
        }),
      ],
    },
  });
  nodes.push(node);
  return node;
}

const BY_CERTIFICATE = { 'x-client-id': 'cl_acme', 'x-profile-id': 'pr_mtls' };

const call = (node: TestGateway, options: RequestOptions) =>
  new Promise<{ status: number; body: string }>((resolve, reject) => {
    const request = httpsRequest(
      {
        host: '127.0.0.1',
        port: node.gateway.tlsPort,
        path: '/v1/orders',
        rejectUnauthorized: false,
        agent: false,
        ...options,
      },
      (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      },
    );
    request.on('error', reject).end();
  });

describe('the TLS listener', () => {
  it('serves a self-signed certificate that it keeps, its key readable by the owner alone', async () => {
    const node = await start();
    expect((await call(node, { headers: IDENTITY })).status).toBe(200);
    const mode = statSync(join(node.config.dataDir, 'tls', 'gateway.key')).mode & 0o777;
    expect(mode).toBe(0o600);
    expect(upstream.requests[0]?.headers['x-forwarded-proto']).toBe('https');
  });

  it('knows a partner by its pinned certificate, and nobody else', async () => {
    const node = await start();
    const { cert, key } = partner;
    expect((await call(node, { headers: BY_CERTIFICATE, cert, key })).status).toBe(200);
    const refusals = [
      await call(node, { headers: BY_CERTIFICATE, cert: stranger.cert, key: stranger.key }),
      await call(node, { headers: BY_CERTIFICATE }),
      await call(node, {
        headers: { ...BY_CERTIFICATE, 'client-cert': `:${partner.der.toString('base64')}:` },
      }),
    ];
    expect(refusals.map(({ status }) => status)).toEqual([401, 401, 401]);
    expect(upstream.requests).toHaveLength(1);
    expect(upstream.requests[0]?.headers).not.toHaveProperty('client-cert');
  });

  it('believes Client-Cert from a trusted proxy, and then only that', async () => {
    const node = await start({ TRUSTED_PROXIES: '127.0.0.1' });
    const header = { 'client-cert': `:${partner.der.toString('base64')}:` };
    const plain = await fetch(`${node.url}/v1/orders`, {
      headers: { ...BY_CERTIFICATE, ...header },
    });
    expect(plain.status).toBe(200);
    const { cert, key } = partner;
    expect((await call(node, { headers: BY_CERTIFICATE, cert, key })).status).toBe(401);
    const junk = await fetch(`${node.url}/v1/orders`, {
      headers: { ...BY_CERTIFICATE, 'client-cert': ':bm90IGEgY2VydA==:' },
    });
    expect(junk.status).toBe(401);
  });

  it('serves a renewed certificate without a restart, and keeps the old one when the new is broken', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'portico-tls-'));
    const files = { cert: join(directory, 'tls.crt'), key: join(directory, 'tls.key') };
    const write = (certificate: TestCertificate): void => {
      writeFileSync(files.key, certificate.key);
      writeFileSync(files.cert, certificate.cert);
    };
    write(await aCertificate('first'));
    const node = await start({ GATEWAY_TLS_CERT: files.cert, GATEWAY_TLS_KEY: files.key });
    expect(await servedName(node)).toBe('first');
    write(await aCertificate('second'));
    await eventually(async () => (await servedName(node)) === 'second');
    writeFileSync(files.cert, 'not a certificate');
    await eventually(() => node.logs.some((line) => line.includes('keeping the old pair')));
    expect(await servedName(node)).toBe('second');
    rmSync(directory, { recursive: true });
  });

  const servedName = (node: TestGateway): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connectTls(
        { host: '127.0.0.1', port: node.gateway.tlsPort as number, rejectUnauthorized: false },
        () => {
          resolve(String(socket.getPeerCertificate().subject.CN));
          socket.destroy();
        },
      );
      socket.on('error', reject);
    });
});

describe('HTTP/2', () => {
  interface Answer {
    readonly status: number;
    readonly headers: Record<string, unknown>;
    readonly body: string;
  }

  const withSession = async <T>(
    node: TestGateway,
    use: (
      ask: (headers: Record<string, string | string[]>, body?: string) => Promise<Answer>,
    ) => Promise<T>,
  ): Promise<T> => {
    const session = connectHttp2(`https://127.0.0.1:${node.gateway.tlsPort}`, {
      rejectUnauthorized: false,
      cert: partner.cert,
      key: partner.key,
    });
    session.on('error', () => undefined);
    const ask = (headers: Record<string, string | string[]>, body?: string): Promise<Answer> =>
      new Promise((resolve, reject) => {
        const stream = session.request({ ':path': '/v1/orders', ...headers });
        let answer: Record<string, unknown> = {};
        let text = '';
        stream.on('response', (received) => (answer = received));
        stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
        stream.on('end', () =>
          resolve({ status: Number(answer[':status']), headers: answer, body: text }),
        );
        stream.on('error', reject);
        stream.end(body);
      });
    try {
      return await use(ask);
    } finally {
      session.destroy();
    }
  };

  it('carries many calls on one connection, with bodies and repeated headers', async () => {
    const node = await start();
    await withSession(node, async (ask) => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, at) =>
          ask({ ':method': 'POST', ...IDENTITY }, `body ${at}`),
        ),
      );
      expect(answers.map(({ status }) => status)).toEqual(new Array(20).fill(200));
      expect(answers.map(({ body }) => body)).toEqual(answers.map((_, at) => `body ${at}`));
      expect(answers[0]?.headers['set-cookie']).toEqual(['a=1', 'b=2']);
    });
    await eventually(() => node.records.length === 20);
    expect(node.records.map(({ outcome }) => outcome)).toEqual(new Array(20).fill('forwarded'));
    expect(upstream.requests[0]?.headers).not.toHaveProperty(':path');
    expect(upstream.requests[0]?.headers['x-forwarded-host']).toMatch(/^127\.0\.0\.1:/);
    expect(upstream.requests[0]?.headers['via']).toBe('2 portico');
  });

  it('shows the client certificate of its connection', async () => {
    const node = await start();
    const answer = await withSession(node, (ask) => ask(BY_CERTIFICATE));
    expect(answer.status).toBe(200);
  });

  it('is refused in the same words as HTTP/1.1', async () => {
    const node = await start();
    await withSession(node, async (ask) => {
      const unknown = await ask({ ...IDENTITY, ':path': '/v1/nothing' });
      expect([unknown.status, (JSON.parse(unknown.body) as { error: string }).error]).toEqual([
        404,
        'not_found',
      ]);
      const tricky = await ask({ ...IDENTITY, ':path': '/v1/../v1/orders' });
      expect(tricky.status).toBe(400);
      const twice = await ask({ ...IDENTITY, 'x-client-id': ['cl_acme', 'cl_other'] });
      expect(twice.status).toBe(401);
    });
  });
});
