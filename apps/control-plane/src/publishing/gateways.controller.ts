import { Controller, Get } from '@nestjs/common';
import { ApiProperty, ApiTags } from '@nestjs/swagger';
import { READS_CONFIG, RequireRole } from '../access/roles.ts';
import { AnswersPage } from '../http/api-docs.ts';
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
  list(): { data: GatewayResponse[]; next_cursor: null } {
    const data = this.nodes.list().map(toGatewayResponse);
    return { data: data.sort((left, right) => (left.id < right.id ? -1 : 1)), next_cursor: null };
  }
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
