import type { RequestLogDetail, RequestLogEntry } from '@portico/contracts';
import { ApiProperty } from '@nestjs/swagger';

const text = { type: String, nullable: true } as const;

export class RequestLogResponse implements RequestLogEntry {
  @ApiProperty()
  request_id!: string;

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty(text)
  client_id!: string | null;

  @ApiProperty(text)
  profile_id!: string | null;

  @ApiProperty(text)
  collection_id!: string | null;

  @ApiProperty(text)
  endpoint_id!: string | null;

  @ApiProperty(text)
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

  @ApiProperty({ ...text, description: 'The exact cause of a refusal or failure' })
  reason!: string | null;

  @ApiProperty()
  latency_ms!: number;

  @ApiProperty({ type: Number, nullable: true })
  upstream_latency_ms!: number | null;

  @ApiProperty()
  client_ip!: string;

  @ApiProperty(text)
  user_agent!: string | null;

  @ApiProperty()
  request_bytes!: number;

  @ApiProperty()
  response_bytes!: number;

  @ApiProperty({ enum: ['gateway', 'portal'] })
  source!: 'gateway' | 'portal';

  @ApiProperty({ ...text, description: 'Who clicked Send, where `source` is portal' })
  portal_email!: string | null;

  @ApiProperty()
  node!: string;

  @ApiProperty({ description: 'Gapless per node' })
  sequence!: number;

  @ApiProperty()
  revision!: number;

  @ApiProperty(text)
  trace_id!: string | null;
}

const HEADERS = {
  type: 'array',
  items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
} as const;
const ENCODING = { enum: ['utf8', 'base64'] };

export class RequestLogDetailResponse extends RequestLogResponse implements RequestLogDetail {
  @ApiProperty(HEADERS)
  request_headers!: readonly (readonly [string, string])[];

  @ApiProperty(HEADERS)
  response_headers!: readonly (readonly [string, string])[];

  @ApiProperty(text)
  request_body!: string | null;

  @ApiProperty(ENCODING)
  request_body_encoding!: 'utf8' | 'base64';

  @ApiProperty(text)
  response_body!: string | null;

  @ApiProperty(ENCODING)
  response_body_encoding!: 'utf8' | 'base64';

  @ApiProperty({ description: 'A captured body is shorter than what was sent' })
  truncated!: boolean;
}
