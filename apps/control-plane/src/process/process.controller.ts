import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { Feeds } from '@portico/messaging';
import type { Metrics } from '@portico/telemetry';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { Public } from '../access/roles.ts';
import { FEEDS, METRICS } from '../tokens.ts';

/** What orchestrators and Prometheus ask. */
@Controller()
@Public()
@ApiExcludeController()
export class ProcessController {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(FEEDS) private readonly feeds: Feeds,
    @Inject(METRICS) private readonly metrics: Metrics,
  ) {}

  /** The process is alive; says nothing about what it depends on, or a restart would cure nothing. */
  @Get('healthz')
  health(): { status: string } {
    return { status: 'ok' };
  }

  /** Ready = the database answers. NATS away delays propagation and is no reason to refuse admins. */
  @Get('readyz')
  async ready(@Res({ passthrough: true }) reply: FastifyReply): Promise<unknown> {
    const database = await this.dataSource.query('select 1').then(
      () => true,
      () => false,
    );
    reply.status(database ? 200 : 503);
    const status = database ? 'ready' : 'not_ready';
    return { status, checks: { database, messaging: this.feeds.isConnected() } };
  }

  @Get('metrics')
  async scrape(@Res({ passthrough: true }) reply: FastifyReply): Promise<string> {
    reply.header('content-type', this.metrics.contentType);
    return this.metrics.text();
  }
}
