import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Allow, IsIn, IsObject, IsOptional, IsString, MaxLength } from 'class-validator';
import { HTTP_METHODS, type Method } from '@portico/contracts';

/** There is no URL in here, and there will be none: the address is configuration. */
export class TryDto {
  @ApiProperty({ example: 'pr_acme_sandbox' })
  @IsString()
  @MaxLength(128)
  profile_id!: string;

  @ApiProperty({ example: 'ep_get_order' })
  @IsString()
  @MaxLength(128)
  endpoint_id!: string;

  @ApiProperty({ enum: HTTP_METHODS })
  @IsIn(HTTP_METHODS)
  method!: Method;

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: { type: 'string' },
    description: 'By name; `*` is what stands for a trailing wildcard',
    example: { order_id: '42' },
  })
  @IsObject()
  path_params: Record<string, unknown> = {};

  @ApiPropertyOptional({
    type: 'object',
    additionalProperties: {
      oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }],
    },
    example: { expand: 'lines' },
  })
  @IsObject()
  query: Record<string, unknown> = {};

  @ApiPropertyOptional({ type: 'object', additionalProperties: { type: 'string' } })
  @IsObject()
  headers: Record<string, unknown> = {};

  @ApiPropertyOptional({
    description: 'Text is sent as it is; any other JSON value is sent as JSON',
    oneOf: [{ type: 'string' }, { type: 'object' }, { type: 'array', items: {} }],
  })
  @IsOptional()
  @Allow()
  body?: unknown;
}

export class TryResultDto {
  @ApiProperty({ example: 200 })
  status!: number;

  @ApiProperty({ example: 41.3 })
  latency_ms!: number;

  @ApiProperty({
    type: 'array',
    items: { type: 'array', items: { type: 'string' }, minItems: 2, maxItems: 2 },
    description: '[name, value] in the order of arrival',
  })
  headers!: readonly (readonly [string, string])[];

  @ApiProperty({ description: 'At most 1 MiB of it' })
  body!: string;

  @ApiProperty({ enum: ['utf8', 'base64'] })
  body_encoding!: 'utf8' | 'base64';

  @ApiProperty({ description: 'True when there was more body, or it did not arrive in time' })
  truncated!: boolean;

  @ApiProperty({ description: 'Names the call in the request log' })
  request_id!: string;
}
