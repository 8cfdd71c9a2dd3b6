import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTracing } from '@portico/telemetry';
import type { Tracing } from '@portico/telemetry';
import { aClient, aCollection, eventually, startUpstream } from '@portico/testkit';
import type { Upstream } from '@portico/testkit';
import { IDENTITY, startTestGateway, upstreamAt } from './harness.ts';
import type { TestGateway } from './harness.ts';

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
}

let collector: Upstream;
let upstream: Upstream;
let tracing: Tracing;
let node: TestGateway;

beforeAll(async () => {
  collector = await startUpstream((_request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end('{}');
  });
  upstream = await startUpstream();
  tracing = await startTracing({ service: 'gateway', endpoint: collector.url });
  node = await startTestGateway({
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url },
    resources: {
      clients: [aClient()],
      collections: [aCollection({ upstreams: { production: upstreamAt(upstream.url) } })],
    },
  });
});
afterAll(async () => {
  await node.stop();
  await tracing.stop();
  await collector.stop();
  await upstream.stop();
});

const spans = (): Span[] =>
  collector.requests.flatMap(({ body }) => {
    const exported = JSON.parse(body.toString()) as {
      resourceSpans: { scopeSpans: { spans: Span[] }[] }[];
    };
    return exported.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((it) => it.spans));
  });

describe('a traced call', () => {
  it('is one span between the caller’s and the upstream’s, under the same trace as its record', async () => {
    const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
    const answer = await fetch(`${node.url}/v1/orders`, {
      headers: { ...IDENTITY, traceparent: `00-${traceId}-00f067aa0ba902b7-01` },
    });
    const record = await node.recordOf(answer.headers.get('x-request-id'));
    await tracing.stop();
    const span = await eventually(() => {
      const found = spans().find((it) => it.traceId === traceId);
      if (found === undefined) throw new Error('no span yet');
      return found;
    });
    expect(span).toMatchObject({ name: 'GET /v1/orders', parentSpanId: '00f067aa0ba902b7' });
    expect(upstream.requests[0]?.headers['traceparent']).toBe(`00-${traceId}-${span.spanId}-01`);
    expect(record.trace_id).toBe(traceId);
  });
});
