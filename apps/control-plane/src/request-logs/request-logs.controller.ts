import { Controller, Get, StreamableFile } from '@nestjs/common';
import { ApiProduces, ApiResponse, ApiTags } from '@nestjs/swagger';
import {
  logExportQuerySchema,
  logSearchQuerySchema,
  type LogExportQuery,
  type LogSearchQuery,
} from '@portico/contracts';
import { READS_LOGS, RequireRole } from '../access/roles.ts';
import { Answers, AnswersPage } from '../http/api-docs.ts';
import { ContractQuery, DocumentsQuery } from '../validation/contract-query.ts';
import { Id } from '../validation/pipes.ts';
import { LogIngestClient } from './log-ingest.client.ts';
import { MetricsSummaryResponse } from './metrics.dto.ts';
import { RequestLogDetailResponse, RequestLogResponse } from './request-log.dto.ts';
import { summaryQuerySchema, withTimes, type SummaryQuery } from './summary-query.ts';

const EXPORT_TYPE = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' };

/** What partners called: read through to the log store, which another service owns. */
@ApiTags('request-logs')
@Controller('api/v1')
@RequireRole(...READS_LOGS)
export class RequestLogsController {
  constructor(private readonly logs: LogIngestClient) {}

  @Get('request-logs')
  @DocumentsQuery(logSearchQuerySchema)
  @AnswersPage(RequestLogResponse)
  search(@ContractQuery(logSearchQuerySchema) query: LogSearchQuery) {
    return this.logs.search(query);
  }

  @Get('request-logs/export')
  @DocumentsQuery(logExportQuerySchema)
  @ApiProduces('application/x-ndjson', 'text/csv')
  @ApiResponse({ status: 200, description: 'One record per line', schema: { type: 'string' } })
  async export(@ContractQuery(logExportQuerySchema) query: LogExportQuery) {
    return new StreamableFile(await this.logs.export(query), {
      type: EXPORT_TYPE[query.format],
      disposition: `attachment; filename="request-logs.${query.format}"`,
    });
  }

  @Get('request-logs/:id')
  @Answers(RequestLogDetailResponse)
  get(@Id() id: string): Promise<RequestLogDetailResponse> {
    return this.logs.get(id);
  }

  @Get('metrics/summary')
  @DocumentsQuery(summaryQuerySchema)
  @Answers(MetricsSummaryResponse)
  summary(@ContractQuery(summaryQuerySchema) query: SummaryQuery): Promise<MetricsSummaryResponse> {
    return this.logs.metrics(withTimes(query));
  }
}
