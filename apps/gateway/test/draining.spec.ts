import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { aClient, aCollection, eventually, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream();
});
afterAll(() => upstream.stop());

/** A connection that is only opened, as balancers keep some in reserve. */
async function inReserve(socket: Socket, ready: string): Promise<Socket> {
  socket.on('error', () => undefined).resume();
  await once(socket, ready);
  return socket;
}

describe('a node that stops', () => {
  it('waits for calls under way, and not for connections on which nobody ever called', async () => {
    const answerNow: (() => void)[] = [];
    upstream.answerWith((_request, response) => {
      answerNow.push(() => void response.end('ok'));
    });
    const node = await startTestGateway({
      // Longer than any test: what is waited for in vain here fails it.
      env: { GATEWAY_TLS_PORT: '0', DRAIN_TIMEOUT_MS: '3600000' },
      resources: {
        clients: [aClient()],
        collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
      },
    });
    const { httpPort, tlsPort } = node.gateway;
    const tls = { port: Number(tlsPort), host: '127.0.0.1', rejectUnauthorized: false };
    const reserve = await Promise.all([
      inReserve(connect(httpPort, '127.0.0.1'), 'connect'),
      inReserve(connectTls(tls), 'secureConnect'),
    ]);
    const call = fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
    const session = connectHttp2(`https://127.0.0.1:${tlsPort}`, { rejectUnauthorized: false });
    const stream = session.request({ ':path': '/v1/orders', ...IDENTITY });
    const streamed = once(stream, 'response') as Promise<[Record<string, unknown>]>;
    await eventually(() => upstream.requests.length === 2);

    const stopped = node.gateway.stop();
    await eventually(() => reserve.every((socket) => socket.closed));
    for (const answer of answerNow.splice(0)) answer();
    expect((await call).status).toBe(200);
    expect((await streamed)[0][':status']).toBe(200);
    stream.resume();
    await stopped;
    await node.stop();
  });
});
