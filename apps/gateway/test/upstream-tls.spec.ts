import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:https';
import type { Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { aClient, aCollection } from '@portico/testkit';
import { aCertificate } from './certificates.ts';
import type { TestCertificate } from './certificates.ts';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

let server: Server;
let url: string;
let own: TestCertificate;
let gatewayIdentity: TestCertificate;
let node: TestGateway;

beforeAll(async () => {
  [own, gatewayIdentity] = await Promise.all([aCertificate('api'), aCertificate('gateway')]);
  server = createServer(
    { cert: own.cert, key: own.key, requestCert: true, rejectUnauthorized: false },
    (request, response) => {
      const { subject } = (request.socket as TLSSocket).getPeerCertificate();
      response.end(String(subject?.CN ?? 'nobody'));
    },
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  node = await startTestGateway();
});
afterAll(async () => {
  await node.stop();
  server.closeAllConnections();
  server.close();
});

const call = async (over: Parameters<typeof upstreamAt>[1], credential = false) => {
  await node.publish({
    clients: [aClient()],
    collections: [
      aCollection({
        upstreams: { production: upstreamAt(url, over) },
        ...(credential
          ? {
              credential_id: 'uc_mtls',
              credentials: [
                {
                  id: 'uc_mtls',
                  type: 'mtls' as const,
                  certificate_pem: gatewayIdentity.cert,
                  private_key_pem: node.seal(gatewayIdentity.key),
                },
              ],
            }
          : {}),
      }),
    ],
  });
  return fetch(`${node.url}/v1/orders`, { headers: IDENTITY });
};

describe('an upstream over TLS', () => {
  it('is refused when nobody vouches for its certificate', async () => {
    const answer = await call({});
    expect(answer.status).toBe(502);
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    expect(record).toMatchObject({
      outcome: 'upstream_unreachable',
      reason: 'DEPTH_ZERO_SELF_SIGNED_CERT',
    });
  });

  it('is trusted by the bundle of its own definition', async () => {
    const answer = await call({ ca_pem: own.cert });
    expect([answer.status, await answer.text()]).toEqual([200, 'nobody']);
  });

  it('is shown the client certificate that is configured, on connections of their own', async () => {
    const answer = await call({ ca_pem: own.cert }, true);
    expect([answer.status, await answer.text()]).toEqual([200, 'gateway']);
    const without = await call({ ca_pem: own.cert });
    expect(await without.text()).toBe('nobody');
  });
});
