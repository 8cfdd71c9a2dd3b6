import {
  AUTH_TYPES,
  HTTP_METHODS,
  jsonSchemaSchema,
  parameterSchema,
  type AuthType,
  type JsonSchema,
  type Method,
  type Parameter,
} from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayMinSize,
  ArrayUnique,
  IsArray,
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { z } from 'zod';
import { headerList, STATUSES } from '../collections/collection.dto.ts';
import type { InjectedHeader, PublicationStatus } from '../collections/collection.entity.ts';
import { ResourceResponse } from '../http/resource.dto.ts';
import { Contract, inheritContractFields } from '../validation/contract.ts';
import { IsDescription, IsName, IsOwnId, IsReference } from '../validation/fields.ts';

/** Everything but `none`: serving callers without any credential must be asked for by name. */
const DEFAULT_AUTH_TYPES: readonly AuthType[] = ['token', 'jwt', 'oidc', 'mtls'];
const PATH = /^\/(?:[^/?#\s]+(?:\/[^/?#\s]+)*)?$/;
const PATH_MESSAGE = 'must start with /, without a trailing slash, query or white space';

const parameters = z
  .array(parameterSchema)
  .max(200)
  .refine(
    (list) => new Set(list.map(({ name, in: where }) => `${where} ${name}`)).size === list.length,
    'must not name a parameter twice',
  );

export class EndpointFields {
  @ApiProperty({ example: 'Get an order' })
  @IsName()
  name!: string;

  @ApiPropertyOptional()
  @IsDescription()
  description: string = '';

  @ApiProperty({ enum: HTTP_METHODS, isArray: true })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayUnique()
  @IsIn(HTTP_METHODS, { each: true })
  methods!: Method[];

  @ApiProperty({ example: '/orders/{order_id}', description: 'Below the base path' })
  @IsString()
  @MaxLength(1024)
  @Matches(PATH, { message: PATH_MESSAGE })
  path!: string;

  @ApiPropertyOptional({ type: String, nullable: true, description: 'Upstream; null = `path`' })
  @IsOptional()
  @IsString()
  @MaxLength(1024)
  @Matches(PATH, { message: PATH_MESSAGE })
  target_path: string | null = null;

  @Contract(parameters, { required: false, description: 'What callers may or must send' })
  parameters: Parameter[] = [];

  @Contract(jsonSchemaSchema.nullable(), { required: false, description: 'JSON Schema' })
  request_schema: JsonSchema | null = null;

  @Contract(jsonSchemaSchema.nullable(), { required: false, description: 'JSON Schema' })
  response_schema: JsonSchema | null = null;

  @Contract(z.record(z.string().max(100), z.unknown()), {
    required: false,
    description: '`request`, `response` or any other name → an example body',
  })
  examples: Record<string, unknown> = {};

  @ApiPropertyOptional({ enum: AUTH_TYPES, isArray: true, default: DEFAULT_AUTH_TYPES })
  @IsArray()
  @ArrayMinSize(1)
  @ArrayMaxSize(AUTH_TYPES.length)
  @ArrayUnique()
  @IsIn(AUTH_TYPES, { each: true })
  allowed_auth_types: AuthType[] = [...DEFAULT_AUTH_TYPES];

  @Contract(headerList, { required: false, description: "Besides, and over, the collection's" })
  headers: InjectedHeader[] = [];

  @IsReference('upstreamCredential')
  credential_id: string | null = null;

  @ApiPropertyOptional({ type: Number, nullable: true, minimum: 1, maximum: 600_000 })
  @IsOptional()
  @IsInt()
  @Min(1)
  @Max(600_000)
  timeout_ms: number | null = null;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsIn(STATUSES)
  status: PublicationStatus = 'draft';
}

export class CreateEndpoint extends EndpointFields {
  @IsOwnId('endpoint')
  id?: string;
}
inheritContractFields(EndpointFields, CreateEndpoint);

export class PatchEndpoint extends PartialType(EndpointFields) {}
inheritContractFields(EndpointFields, PatchEndpoint);

export class EndpointResponse extends IntersectionType(EndpointFields, ResourceResponse) {
  @ApiProperty({ example: 'ep_orders_get' })
  id!: string;

  @ApiProperty({ example: 'coll_orders_v2' })
  collection_id!: string;
}
inheritContractFields(EndpointFields, EndpointResponse);
