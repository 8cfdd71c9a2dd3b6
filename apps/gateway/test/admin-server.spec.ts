import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { freePort } from '@portico/testkit';
import { startTestGateway } from './harness.ts';
import type { TestGateway } from './harness.ts';

describe('the admin port', () => {
  let node: TestGateway;

  beforeAll(async () => {
    node = await startTestGateway();
  });
  afterAll(() => node.stop());

  it.each([
    ['GET', '/nothing', 404, 'not_found'],
    ['POST', '/healthz', 405, 'method_not_allowed'],
  ])('refuses %s %s in the error body of every service', async (method, path, status, error) => {
    const answer = await fetch(`${node.adminUrl}${path}`, { method });
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual({
      error,
      message: expect.any(String),
      request_id: answer.headers.get('x-request-id'),
    });
    expect(answer.headers.get('allow')).toBe(status === 405 ? 'GET, HEAD' : null);
  });

  it.each(['/healthz', '/readyz', '/metrics'])('names the request on %s', async (path) => {
    const headers = { 'x-request-id': 'probe-1' };
    const kept = await fetch(`${node.adminUrl}${path}`, { headers });
    expect(kept.headers.get('x-request-id')).toBe('probe-1');
    const made = await fetch(`${node.adminUrl}${path}`);
    expect(made.headers.get('x-request-id')).toMatch(/^req_/);
  });

  it('is not ready before there is a configuration, and ready with one', async () => {
    expect((await fetch(`${node.adminUrl}/readyz`)).status).toBe(503);
    await node.publish({});
    expect((await fetch(`${node.adminUrl}/readyz`)).status).toBe(200);
  });

  it('keeps a node whose port is taken from starting, and from half starting', async () => {
    const taken = String(node.gateway.adminPort);
    const httpPort = await freePort();
    const env = { GATEWAY_PORT: String(httpPort), GATEWAY_ADMIN_PORT: taken };
    await expect(startTestGateway({ env })).rejects.toThrow('EADDRINUSE');
    await expect(fetch(`http://127.0.0.1:${httpPort}/`)).rejects.toThrow('fetch failed');
  });
});
