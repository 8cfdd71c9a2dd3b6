import type { Feeds } from '@portico/messaging';
import type { Logger, Metrics } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import type { ControlPlaneConfig } from './config.ts';

/** What exists before the application does; injectable as a whole by those who need most of it. */
export class Foundation {
  readonly config: ControlPlaneConfig;
  readonly feeds: Feeds;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly dataSource: DataSource;

  constructor(parts: Foundation) {
    this.config = parts.config;
    this.feeds = parts.feeds;
    this.logger = parts.logger;
    this.metrics = parts.metrics;
    this.dataSource = parts.dataSource;
  }
}
