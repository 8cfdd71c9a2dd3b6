import cluster from 'node:cluster';
import type { Metrics } from '@portico/telemetry';

/** What a worker and the primary say to each other. */
export type ToWorker = { readonly kind: 'metrics?'; readonly id: number };
export type ToPrimary =
  | { readonly kind: 'ready'; readonly adminPort: number; readonly httpPort: number }
  | { readonly kind: 'metrics'; readonly id: number; readonly metrics: unknown };

/** A worker tells the primary where its admin server is, and answers for its metrics. */
export function linkToPrimary(
  ports: { readonly adminPort: number; readonly httpPort: number },
  metrics: Metrics,
): void {
  if (!cluster.isWorker) return;
  process.on('message', (message: ToWorker) => {
    if (message.kind !== 'metrics?') return;
    void metrics.registry.getMetricsAsJSON().then((values) => {
      tell({ kind: 'metrics', id: message.id, metrics: values });
    });
  });
  tell({ kind: 'ready', adminPort: ports.adminPort, httpPort: ports.httpPort });
}

/** The primary may be gone already; the worker is then stopped by its signal, not by this. */
const tell = (message: ToPrimary): void => {
  if (process.connected) process.send?.(message, undefined, undefined, () => undefined);
};
