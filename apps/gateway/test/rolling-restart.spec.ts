import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { Agent, request } from 'node:http';
import { aClient, aCollection, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';

let upstream: Upstream;
beforeAll(async () => {
  upstream = await startUpstream((_request, response) => void response.end('ok'));
});
afterAll(() => upstream.stop());

/**
 * One request on the agent's connections; the status, or the error's code. A connection that could
 * not be opened any more is `gone`: by then a balancer sends its callers elsewhere.
 */
const ask = (url: string, agent: Agent): Promise<number | string> =>
  new Promise((resolve) => {
    const call = request(`${url}/v1/orders`, { agent, headers: IDENTITY }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    });
    call.on('error', (error: NodeJS.ErrnoException) => {
      resolve(call.reusedSocket ? (error.code ?? 'error') : 'gone');
    });
    call.end();
  });

describe('a node that stops under load', () => {
  it('fails no request on connections it had open', async () => {
    const node = await startTestGateway({
      env: { DRAIN_GRACE_MS: '400' },
      resources: {
        clients: [aClient()],
        collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
      },
    });
    const agent = new Agent({ keepAlive: true, maxSockets: 8 });
    const results: (number | string)[] = [];
    let isStopped = false;
    const caller = async (): Promise<void> => {
      while (!isStopped) {
        const result = await ask(node.url, agent);
        if (result === 'gone') return;
        results.push(result);
      }
    };
    const callers = Array.from({ length: 8 }, caller);
    while (results.length < 50) await ask(node.url, agent);
    const stopped = node.gateway.stop();
    await Promise.all(callers);
    isStopped = true;
    await stopped;
    expect(results.length).toBeGreaterThan(50);
    expect(results.filter((result) => result !== 200)).toEqual([]);
    agent.destroy();
    await node.stop();
  });
});
