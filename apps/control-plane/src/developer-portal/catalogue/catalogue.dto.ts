import { AUTH_TYPES, HTTP_METHODS, type AuthType, type Method } from '@portico/contracts';
import { join } from '@portico/enforcement';
import { ApiProperty } from '@nestjs/swagger';
import type { CollectionEntity } from '../../collections/collection.entity.ts';
import type { EndpointEntity } from '../../endpoints/endpoint.entity.ts';
import type { VisibleCollection, VisibleEndpoint } from './portal-catalogue.service.ts';

/**
 * What partners see. Field by field on purpose: upstream addresses, target paths, injected headers
 * and credentials of a definition are the operator's business.
 */
export class PortalCollectionDto {
  @ApiProperty({ example: 'coll_orders_v2' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ example: '/orders/v2' })
  base_path!: string;

  @ApiProperty()
  published_endpoint_count!: number;

  @ApiProperty({ type: [String], example: ['production', 'sandbox'] })
  environments!: string[];
}

export class PortalEndpointDto {
  @ApiProperty({ example: 'ep_list_orders' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty()
  description!: string;

  @ApiProperty({ enum: HTTP_METHODS, isArray: true })
  methods!: Method[];

  @ApiProperty({ example: '/orders/{order_id}' })
  path!: string;

  @ApiProperty({ example: '/orders/v2/orders/{order_id}', description: 'base_path + path' })
  full_path!: string;
}

export class PortalCollectionDetailDto extends PortalCollectionDto {
  @ApiProperty({ type: [PortalEndpointDto] })
  endpoints!: PortalEndpointDto[];
}

export class PortalEndpointDetailDto extends PortalEndpointDto {
  @ApiProperty({ example: 'coll_orders_v2' })
  collection_id!: string;

  @ApiProperty({ type: 'array', items: { type: 'object' } })
  parameters!: EndpointEntity['parameters'];

  @ApiProperty({ type: Object, nullable: true, description: 'JSON Schema of the request body' })
  request_schema!: EndpointEntity['request_schema'];

  @ApiProperty({ type: Object, nullable: true, description: 'JSON Schema of the answer' })
  response_schema!: EndpointEntity['response_schema'];

  @ApiProperty({ type: Object })
  examples!: Record<string, unknown>;

  @ApiProperty({ enum: AUTH_TYPES, isArray: true })
  allowed_auth_types!: AuthType[];

  @ApiProperty({ type: [String] })
  environments!: string[];
}

export class PortalCollectionListDto {
  @ApiProperty({ type: [PortalCollectionDto] })
  data!: PortalCollectionDto[];
}

export const toCollectionDto = ({
  collection,
  endpoints,
}: VisibleCollection): PortalCollectionDto => ({
  id: collection.id,
  name: collection.name,
  description: collection.description,
  base_path: collection.base_path,
  published_endpoint_count: endpoints.length,
  environments: environmentsOf(collection),
});

export const toCollectionDetailDto = (visible: VisibleCollection): PortalCollectionDetailDto => ({
  ...toCollectionDto(visible),
  endpoints: visible.endpoints.map((endpoint) => toEndpointDto(visible.collection, endpoint)),
});

export const toEndpointDetailDto = ({
  collection,
  endpoint,
}: VisibleEndpoint): PortalEndpointDetailDto => ({
  ...toEndpointDto(collection, endpoint),
  collection_id: collection.id,
  parameters: endpoint.parameters,
  request_schema: endpoint.request_schema,
  response_schema: endpoint.response_schema,
  examples: endpoint.examples,
  allowed_auth_types: endpoint.allowed_auth_types,
  environments: environmentsOf(collection),
});

const toEndpointDto = (
  collection: CollectionEntity,
  endpoint: EndpointEntity,
): PortalEndpointDto => ({
  id: endpoint.id,
  name: endpoint.name,
  description: endpoint.description,
  methods: endpoint.methods,
  path: endpoint.path,
  full_path: join(collection.base_path, endpoint.path),
});

export const environmentsOf = (collection: CollectionEntity): string[] =>
  Object.keys(collection.upstreams).sort();
