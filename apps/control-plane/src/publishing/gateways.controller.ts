import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { READS_CONFIG, RequireRole } from '../access/roles.ts';
import { AnswersPage } from '../http/api-docs.ts';
import { PageQuery } from '../paging/page.dto.ts';
import type { PageAnswer } from '../paging/read-page.ts';
import { ValidQuery } from '../validation/pipes.ts';
import { LiveNodes, type LiveNode } from './live-nodes.ts';

export class GatewayResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  version!: string;

  @ApiProperty({ description: 'The configuration revision it enforces' })
  revision!: number;

  @ApiProperty({ description: 'From publication to application of that revision' })
  lag_ms!: number;

  @ApiProperty({ description: 'Seconds' })
  uptime!: number;

  @ApiProperty({ description: 'Requests per second' })
  rps!: number;

  @ApiProperty({ description: 'Runs from its disk copy, or refused a newer revision' })
  stale!: boolean;

  @ApiProperty({ type: String, nullable: true })
  stale_reason!: string | null;

  @ApiProperty()
  in_flight!: number;

  @ApiProperty({ description: 'Batches of request records not yet stored' })
  outbox_depth!: number;

  @ApiProperty()
  records_lost!: number;

  @ApiProperty({ format: 'date-time' })
  last_seen_at!: string;
}

@ApiTags('gateways')
@Controller('api/v1/gateways')
export class GatewaysController {
  constructor(private readonly nodes: LiveNodes) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(GatewayResponse)
  list(@ValidQuery(PageQuery) page: PageQuery): PageAnswer<GatewayResponse> {
    return pageOf(this.nodes.list().map(toGatewayResponse), page);
  }
}

/** By id. The cursor is the last one shown: what follows it is there even when that one is gone. */
function pageOf(
  gateways: readonly GatewayResponse[],
  { limit, cursor = '', q = '' }: PageQuery,
): PageAnswer<GatewayResponse> {
  const found = gateways
    .filter(({ id }) => id > cursor && id.toLowerCase().includes(q.toLowerCase()))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
  const data = found.slice(0, limit);
  return { data, next_cursor: found.length > limit ? data.at(-1)!.id : null };
}

const toGatewayResponse = ({ heartbeat, seenAtMs }: LiveNode): GatewayResponse => ({
  id: heartbeat.node,
  version: heartbeat.version,
  revision: heartbeat.revision,
  lag_ms: heartbeat.lag_ms,
  // Both times are the node's own, so that clock skew between machines does not show.
  uptime: Math.max(0, Math.floor((heartbeat.sent_at_ms - heartbeat.started_at_ms) / 1000)),
  rps: heartbeat.rps,
  stale: heartbeat.stale,
  stale_reason: heartbeat.stale_reason,
  in_flight: heartbeat.in_flight,
  outbox_depth: heartbeat.outbox_depth,
  records_lost: heartbeat.records_lost,
  last_seen_at: new Date(seenAtMs).toISOString(),
});
