import { describe, expect, it } from '@jest/globals';
import { createMetrics } from './metrics.ts';

describe('metrics', () => {
  it('answer in Prometheus text, labelled with the service', async () => {
    const metrics = createMetrics({ service: 'gateway' });
    const requests = metrics.counter({
      name: 'portico_requests_total',
      help: 'Requests.',
      labelNames: ['owner'],
    });
    requests.inc({ owner: 'caller' }, 3);
    metrics.gauge({ name: 'portico_revision', help: 'Revision.' }).set(7);
    metrics.histogram({ name: 'portico_latency_seconds', help: 'L.', buckets: [1] }).observe(0.5);
    const text = await metrics.text();
    expect(text).toContain('portico_requests_total{owner="caller",service="gateway"} 3');
    expect(text).toContain('portico_revision{service="gateway"} 7');
    expect(text).toContain('portico_latency_seconds_bucket{le="1",service="gateway"} 1');
    expect(metrics.contentType).toContain('text/plain');
  });

  it('of two services in one process do not collide', async () => {
    const [left, right] = [createMetrics(), createMetrics()];
    for (const metrics of [left, right]) {
      metrics.counter({ name: 'portico_same_total', help: 'Same.' }).inc();
    }
    expect(await left.text()).toContain('portico_same_total 1');
    expect(await right.text()).toContain('portico_same_total 1');
  });

  it('of the process are there when asked for, and only then', async () => {
    expect(await createMetrics({ processMetrics: true }).text()).toContain('nodejs_eventloop_lag');
    expect(await createMetrics().text()).not.toContain('nodejs_eventloop_lag');
  });
});
