import {
  collectDefaultMetrics,
  Counter,
  Gauge,
  Histogram,
  Registry,
  type CounterConfiguration,
  type GaugeConfiguration,
  type HistogramConfiguration,
} from 'prom-client';

export type { Counter, Gauge, Histogram, Registry };

/** One registry per service, never prom-client's global one: several services may share a process. */
export interface Metrics {
  readonly registry: Registry;
  counter<L extends string = never>(config: CounterConfiguration<L>): Counter<L>;
  gauge<L extends string = never>(config: GaugeConfiguration<L>): Gauge<L>;
  histogram<L extends string = never>(config: HistogramConfiguration<L>): Histogram<L>;
  /** What `/metrics` answers, in Prometheus text form. */
  text(): Promise<string>;
  readonly contentType: string;
}

export interface MetricsOptions {
  /** Becomes the label `service` of every metric. */
  readonly service?: string;
  /** Event loop, memory and GC of the process; once per process is enough. */
  readonly processMetrics?: boolean;
}

export function createMetrics(options: MetricsOptions = {}): Metrics {
  const registry = new Registry();
  if (options.service !== undefined) registry.setDefaultLabels({ service: options.service });
  if (options.processMetrics === true) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    counter: (config) => new Counter({ ...config, registers }),
    gauge: (config) => new Gauge({ ...config, registers }),
    histogram: (config) => new Histogram({ ...config, registers }),
    text: () => registry.metrics(),
    contentType: registry.contentType,
  };
}
