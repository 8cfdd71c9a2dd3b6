import { Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import type { z } from 'zod';
import { Public } from '../../access/roles.ts';
import { Answers } from '../../http/api-docs.ts';
import { LogIngestClient } from '../../request-logs/log-ingest.client.ts';
import { summaryQuerySchema, withTimes } from '../../request-logs/summary-query.ts';
import { ContractQuery, DocumentsQuery } from '../../validation/contract-query.ts';
import { PortalCatalogue } from '../catalogue/portal-catalogue.service.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { OwnMetricsDto } from './own-metrics.dto.ts';
import { toOwnMetrics } from './own-metrics.ts';

/** Whose figures they are comes from the session alone. */
const ownSummarySchema = summaryQuerySchema.omit({ client_id: true, collection_id: true });

/** What the signed-in client called, how it fared, and how long it took. */
@Controller('api/v1/developer-portal/metrics')
@Public()
@UseGuards(PortalGuard)
@ApiTags('developer portal')
export class OwnMetricsController {
  constructor(
    private readonly logs: LogIngestClient,
    private readonly catalogue: PortalCatalogue,
  ) {}

  @Get('summary')
  @ApiOperation({ summary: 'Your calls, errors and latencies over time, by endpoint and status' })
  @DocumentsQuery(ownSummarySchema)
  @Answers(OwnMetricsDto)
  async summary(
    @Session() { client }: PortalSession,
    @ContractQuery(ownSummarySchema) query: z.infer<typeof ownSummarySchema>,
  ): Promise<OwnMetricsDto> {
    const [summary, catalogue] = await Promise.all([
      this.logs.metrics({ ...withTimes(query), client_id: client.id }),
      this.catalogue.collections(client.id),
    ]);
    return toOwnMetrics(summary, catalogue);
  }
}
