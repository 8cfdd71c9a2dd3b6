import { Inject, Injectable } from '@nestjs/common';
import type { Counter, Gauge, Histogram, Metrics } from '@portico/telemetry';
import { METRICS } from '../tokens.ts';

/** What operators watch about propagation. `portico_config_refused` > 0 is an alarm. */
@Injectable()
export class PublishingMetrics {
  readonly #revision: Gauge;
  readonly #refused: Gauge;
  readonly #failures: Counter;
  readonly #duration: Histogram;

  constructor(@Inject(METRICS) metrics: Metrics) {
    this.#revision = metrics.gauge({
      name: 'portico_config_published_revision',
      help: 'Newest revision written to the config bucket by this replica',
    });
    this.#refused = metrics.gauge({
      name: 'portico_config_refused',
      help: '1 while the stored configuration cannot be enforced and is therefore not published',
    });
    this.#failures = metrics.counter({
      name: 'portico_config_publish_failures_total',
      help: 'Attempts to publish that failed because the database or NATS was away',
    });
    this.#duration = metrics.histogram({
      name: 'portico_config_publish_seconds',
      help: 'From noticing a revision to having it in the bucket',
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1, 5, 30],
    });
    this.#refused.set(0);
  }

  published(revision: number, durationMs: number): void {
    this.#revision.set(revision);
    this.#refused.set(0);
    this.#duration.observe(durationMs / 1000);
  }

  refused(): void {
    this.#refused.set(1);
  }

  failed(): void {
    this.#failures.inc();
  }
}
