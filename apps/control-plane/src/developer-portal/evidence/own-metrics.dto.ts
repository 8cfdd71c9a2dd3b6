import { HTTP_METHODS, type Method } from '@portico/contracts';
import { ApiProperty } from '@nestjs/swagger';
import {
  FacetResponse,
  MetricsBucketResponse,
  MetricsTotals,
} from '../../request-logs/metrics.dto.ts';

export class EndpointShareDto {
  @ApiProperty({ example: 'ep_list_orders' })
  endpoint_id!: string;

  @ApiProperty({ example: 'coll_orders_v2' })
  collection_id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: HTTP_METHODS, isArray: true })
  methods!: Method[];

  @ApiProperty({ example: '/orders/v2/orders/{order_id}' })
  full_path!: string;

  @ApiProperty()
  requests!: number;

  @ApiProperty()
  errors!: number;
}

export class OwnFacetsDto {
  @ApiProperty({
    type: [EndpointShareDto],
    description: 'The busiest first; calls to anything outside the contract are in the totals only',
  })
  endpoints!: readonly EndpointShareDto[];

  @ApiProperty({ type: [FacetResponse], description: 'By HTTP status, the most frequent first' })
  statuses!: readonly FacetResponse[];
}

export class OwnMetricsDto {
  @ApiProperty({ type: MetricsTotals })
  totals!: MetricsTotals;

  @ApiProperty({ type: [MetricsBucketResponse], description: 'One per interval, gaps included' })
  buckets!: readonly MetricsBucketResponse[];

  @ApiProperty({ type: OwnFacetsDto })
  facets!: OwnFacetsDto;
}
