import { ApiProperty } from '@nestjs/swagger';

const latency = { type: Number, nullable: true } as const;

export class MetricsTotals {
  @ApiProperty()
  requests!: number;

  @ApiProperty({ description: 'Answers of 400 and above, refusals by the gateway included' })
  errors!: number;

  @ApiProperty(latency)
  p50_ms!: number | null;

  @ApiProperty(latency)
  p95_ms!: number | null;

  @ApiProperty(latency)
  p99_ms!: number | null;
}

export class MetricsBucketResponse extends MetricsTotals {
  @ApiProperty({ format: 'date-time' })
  at!: string;
}

export class FacetResponse {
  @ApiProperty()
  value!: string;

  @ApiProperty()
  requests!: number;

  @ApiProperty()
  errors!: number;
}

export class FacetsResponse {
  @ApiProperty({ type: [FacetResponse] })
  clients!: readonly FacetResponse[];

  @ApiProperty({ type: [FacetResponse] })
  collections!: readonly FacetResponse[];

  @ApiProperty({ type: [FacetResponse] })
  endpoints!: readonly FacetResponse[];

  @ApiProperty({ type: [FacetResponse] })
  statuses!: readonly FacetResponse[];
}

export class MetricsSummaryResponse {
  @ApiProperty({ type: MetricsTotals })
  totals!: MetricsTotals;

  @ApiProperty({ type: [MetricsBucketResponse] })
  buckets!: readonly MetricsBucketResponse[];

  @ApiProperty({ type: FacetsResponse })
  facets!: FacetsResponse;
}
