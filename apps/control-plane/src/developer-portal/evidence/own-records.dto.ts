import { ApiProperty } from '@nestjs/swagger';

const nullable = { nullable: true } as const;

export class OwnRecordDto {
  @ApiProperty()
  request_id!: string;

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ type: String, ...nullable })
  client_id!: string | null;

  @ApiProperty({ type: String, ...nullable })
  profile_id!: string | null;

  @ApiProperty({ type: String, ...nullable })
  collection_id!: string | null;

  @ApiProperty({ type: String, ...nullable })
  endpoint_id!: string | null;

  @ApiProperty({ type: String, ...nullable })
  environment!: string | null;

  @ApiProperty()
  method!: string;

  @ApiProperty()
  path!: string;

  @ApiProperty()
  query!: string;

  @ApiProperty()
  status!: number;

  @ApiProperty({ description: '`forwarded`, or the code of the refusal' })
  outcome!: string;

  @ApiProperty()
  latency_ms!: number;

  @ApiProperty({ type: Number, ...nullable })
  upstream_latency_ms!: number | null;

  @ApiProperty()
  client_ip!: string;

  @ApiProperty({ type: String, ...nullable })
  user_agent!: string | null;

  @ApiProperty()
  request_bytes!: number;

  @ApiProperty()
  response_bytes!: number;

  @ApiProperty({ enum: ['gateway', 'portal'] })
  source!: 'gateway' | 'portal';

  @ApiProperty({ type: String, ...nullable })
  portal_email!: string | null;

  @ApiProperty({ type: String, ...nullable })
  trace_id!: string | null;
}

export class OwnRecordPageDto {
  @ApiProperty({ type: [OwnRecordDto] })
  data!: readonly OwnRecordDto[];

  @ApiProperty({ type: String, ...nullable })
  next_cursor!: string | null;
}

const HEADER_LIST = {
  type: 'array',
  items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
} as const;

export class OwnRecordDetailDto extends OwnRecordDto {
  @ApiProperty(HEADER_LIST)
  request_headers!: readonly (readonly [string, string])[];

  @ApiProperty(HEADER_LIST)
  response_headers!: readonly (readonly [string, string])[];

  @ApiProperty({ type: String, ...nullable })
  request_body!: string | null;

  @ApiProperty({ enum: ['utf8', 'base64'] })
  request_body_encoding!: 'utf8' | 'base64';

  @ApiProperty({ type: String, ...nullable })
  response_body!: string | null;

  @ApiProperty({ enum: ['utf8', 'base64'] })
  response_body_encoding!: 'utf8' | 'base64';

  @ApiProperty()
  truncated!: boolean;
}
