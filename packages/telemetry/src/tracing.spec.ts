import { createServer, type IncomingMessage } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { trace } from '@opentelemetry/api';
import { startTracing } from './tracing.ts';

describe('tracing', () => {
  it('is off without an endpoint: spans are not recorded, stopping is nothing', async () => {
    for (const endpoint of [undefined, '']) {
      const tracing = await startTracing({ service: 'gateway', endpoint });
      expect(tracing.isOn).toBe(false);
      expect(trace.getTracer('test').startSpan('a span').isRecording()).toBe(false);
      await tracing.stop();
    }
  });

  it('sends spans to the collector, named by the service, at the latest when stopped', async () => {
    const received: { url: string | undefined; body: string }[] = [];
    const collector = createServer((request, response) => {
      void readBody(request).then((body) => {
        received.push({ url: request.url, body });
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    collector.listen(0, '127.0.0.1');
    await once(collector, 'listening');
    const { port } = collector.address() as AddressInfo;
    const tracing = await startTracing({
      service: 'gateway-under-test',
      endpoint: `http://127.0.0.1:${port}/`,
    });
    expect(tracing.isOn).toBe(true);
    trace.getTracer('test').startSpan('forward a request').end();
    await tracing.stop();
    expect(received.map(({ url }) => url)).toEqual(['/v1/traces']);
    expect(received[0]?.body).toContain('forward a request');
    expect(received[0]?.body).toContain('gateway-under-test');
    collector.closeAllConnections();
    collector.close();
  });
});

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
