import { Controller, Get, Query, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiQuery, ApiTags } from '@nestjs/swagger';
import { logSearchQuerySchema } from '@portico/contracts';
import { Public } from '../../access/roles.ts';
import { Answers } from '../../http/api-docs.ts';
import { invalid } from '../../http/api-error.ts';
import { LogIngestClient } from '../../request-logs/log-ingest.client.ts';
import { ClientUsage } from '../../usage/client-usage.service.ts';
import { toUsageDto, UsageDto } from '../../usage/usage.dto.ts';
import { toDetails } from '../../validation/contract.ts';
import { Id } from '../../validation/pipes.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { OwnRecordDetailDto, OwnRecordPageDto } from './own-records.dto.ts';
import { toOwnRecord } from './own-records.ts';

/** What a visitor may narrow the log by. Whose log it is comes from the session alone. */
const ownSearchSchema = logSearchQuerySchema.omit({ client_id: true });
const FILTERS = Object.keys(ownSearchSchema.shape);

/** What the signed-in client did, and what it used. */
@Controller('api/v1/developer-portal')
@Public()
@UseGuards(PortalGuard)
@ApiTags('developer portal')
export class EvidenceController {
  constructor(
    private readonly logs: LogIngestClient,
    private readonly usage: ClientUsage,
  ) {}

  @Get('usage')
  @ApiOperation({ summary: 'Your limits and what is left of them; your calls by day and profile' })
  @ApiOkResponse({ type: UsageDto })
  async used(@Session() { client }: PortalSession): Promise<UsageDto> {
    return toUsageDto(await this.usage.of(client.id));
  }

  @Get('request-logs')
  @ApiOperation({ summary: 'Your calls, newest first' })
  @ApiOkResponse({ type: OwnRecordPageDto })
  @DocumentFilters()
  async search(
    @Session() { client }: PortalSession,
    @Query() query: unknown,
  ): Promise<OwnRecordPageDto> {
    const parsed = ownSearchSchema.safeParse(query);
    if (!parsed.success) {
      throw invalid(...parsed.error.issues.flatMap((issue) => toDetails(issue, 'query')));
    }
    const page = await this.logs.search({ ...parsed.data, client_id: client.id });
    return { data: page.data.map(toOwnRecord), next_cursor: page.next_cursor };
  }

  @Get('request-logs/:id')
  @ApiOperation({ summary: 'One of your calls whole, with headers and bodies as far as kept' })
  @Answers(OwnRecordDetailDto)
  async one(@Session() { client }: PortalSession, @Id() id: string): Promise<OwnRecordDetailDto> {
    return toOwnRecord(await this.logs.get(id, client.id));
  }
}

function DocumentFilters(): MethodDecorator {
  return (target, property, descriptor) => {
    for (const name of FILTERS) {
      ApiQuery({ name, required: false })(target, property, descriptor);
    }
  };
}
