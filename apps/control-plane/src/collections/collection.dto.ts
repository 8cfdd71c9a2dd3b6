import {
  corsSchema,
  environmentSchema,
  injectedHeaderSchema,
  logBodiesSchema,
  upstreamSchema,
  type Upstream,
} from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { IsIn, IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { z } from 'zod';
import { ResourceResponse } from '../http/resource.dto.ts';
import { Contract, inheritContractFields } from '../validation/contract.ts';
import { IsDescription, IsName, IsOwnId, IsReference } from '../validation/fields.ts';
import { isReservedHeader, RESERVED_HEADER_MESSAGE } from './reserved-headers.ts';
import type { CollectionEntity, InjectedHeader, PublicationStatus } from './collection.entity.ts';

export const STATUSES = ['draft', 'published'] as const;

const targetUrl = (url: string): boolean => {
  const { username, password, hash, search } = new URL(url);
  return username === '' && password === '' && hash === '' && search === '';
};

const upstreams = z
  .record(environmentSchema, upstreamSchema)
  .refine(
    (byEnvironment) =>
      Object.values(byEnvironment).every(({ targets }) =>
        targets.every(({ url }) => targetUrl(url)),
      ),
    'a target URL holds no credentials, query or fragment: use an upstream credential',
  );

const injectableHeader = injectedHeaderSchema.refine(({ name }) => !isReservedHeader(name), {
  path: ['name'],
  message: RESERVED_HEADER_MESSAGE,
});

export const headerList = z
  .array(injectableHeader)
  .max(50)
  .refine(
    (headers) => new Set(headers.map(({ name }) => name.toLowerCase())).size === headers.length,
    'must not name a header twice',
  );

export class CollectionFields {
  @ApiProperty({ example: 'Orders' })
  @IsName()
  name!: string;

  @ApiPropertyOptional()
  @IsDescription()
  description: string = '';

  @ApiProperty({ example: '/orders/v2', description: 'Literal; unique' })
  @IsString()
  @Matches(/^\/(?:[^/?#\s]+(?:\/[^/?#\s]+)*)?$/, {
    message: 'must be / or a path without a trailing slash, such as /orders/v2',
  })
  base_path!: string;

  @Contract(upstreams, { required: false, description: 'Environment → where it goes' })
  upstreams: Record<string, Upstream> = {};

  @Contract(headerList, { required: false, description: 'Set on every request upstream' })
  headers: InjectedHeader[] = [];

  @IsReference('upstreamCredential')
  credential_id: string | null = null;

  @Contract(corsSchema.nullable(), { required: false })
  cors: CollectionEntity['cors'] = null;

  @Contract(logBodiesSchema.default('all'), {
    required: false,
    description:
      'Which bodies the request log keeps: of every call, of those answered with 400 and above, or none',
  })
  log_bodies: CollectionEntity['log_bodies'] = 'all';

  @Contract(z.array(z.string().min(1).max(200)).max(100), {
    required: false,
    description: 'Field names, JSON paths or header names whose values never leave the gateway',
  })
  redact: string[] = [];

  @ApiPropertyOptional({ minimum: 1, maximum: 3650, description: 'Of request logs' })
  @IsInt()
  @Min(1)
  @Max(3650)
  retention_days: number = 90;

  @ApiPropertyOptional({ enum: STATUSES })
  @IsIn(STATUSES)
  status: PublicationStatus = 'draft';
}

export class CreateCollection extends CollectionFields {
  @IsOwnId('collection')
  id?: string;
}
inheritContractFields(CollectionFields, CreateCollection);

export class PatchCollection extends PartialType(CollectionFields) {}
inheritContractFields(CollectionFields, PatchCollection);

export class CollectionResponse extends IntersectionType(CollectionFields, ResourceResponse) {
  @ApiProperty({ example: 'coll_orders_v2' })
  id!: string;
}
inheritContractFields(CollectionFields, CollectionResponse);

export class StatusChange {
  @ApiProperty({ enum: STATUSES })
  @IsIn(STATUSES)
  status!: PublicationStatus;
}
