import { Controller, Get, Inject, Query, Res, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiQuery, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Public } from '../../access/roles.ts';
import type { ControlPlaneConfig } from '../../config.ts';
import { Answers } from '../../http/api-docs.ts';
import { notFound } from '../../http/api-error.ts';
import { download } from '../../openapi-export/download.ts';
import { toExportable } from '../../openapi-export/from-entities.ts';
import { OpenApiQuery } from '../../openapi-export/openapi-query.dto.ts';
import { toPostmanCollection } from '../../openapi-export/postman.ts';
import { renderOpenApi } from '../../openapi-export/rendition.ts';
import { CONFIG } from '../../tokens.ts';
import { checkedId } from '../../validation/change.ts';
import { Id, ValidQuery } from '../../validation/pipes.ts';
import { PortalProfiles } from '../profiles/portal-profiles.service.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import {
  PortalCollectionDetailDto,
  PortalCollectionListDto,
  PortalEndpointDetailDto,
  toCollectionDetailDto,
  toCollectionDto,
  toEndpointDetailDto,
} from './catalogue.dto.ts';
import { PortalCatalogue } from './portal-catalogue.service.ts';

/** What the contract covers: the same rule as on the gateway, so nothing else can be listed. */
@Controller('api/v1/developer-portal/collections')
@Public()
@UseGuards(PortalGuard)
@ApiTags('developer portal')
export class CatalogueController {
  constructor(
    private readonly catalogue: PortalCatalogue,
    private readonly profiles: PortalProfiles,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  @Get()
  @ApiOperation({ summary: 'The published collections of your contract' })
  @ApiOkResponse({ type: PortalCollectionListDto })
  async list(@Session() { client }: PortalSession): Promise<PortalCollectionListDto> {
    return { data: (await this.catalogue.collections(client.id)).map(toCollectionDto) };
  }

  @Get(':id')
  @ApiOperation({ summary: 'One collection with its published endpoints' })
  @Answers(PortalCollectionDetailDto)
  async one(
    @Session() { client }: PortalSession,
    @Id() id: string,
  ): Promise<PortalCollectionDetailDto> {
    return toCollectionDetailDto(await this.catalogue.collection(client.id, id));
  }

  @Get(':id/endpoints/:endpoint_id')
  @ApiOperation({ summary: 'One endpoint whole: parameters, schemas, examples' })
  @Answers(PortalEndpointDetailDto)
  async endpoint(
    @Session() { client }: PortalSession,
    @Id() id: string,
    @Id('endpoint_id') endpointId: string,
  ): Promise<PortalEndpointDetailDto> {
    const visible = await this.catalogue.endpoint(client.id, endpointId);
    if (visible.collection.id !== id) throw notFound();
    return toEndpointDetailDto(visible);
  }

  @Get(':id/openapi')
  @ApiOperation({ summary: 'The collection as an OpenAPI document, to download' })
  @ApiProduces('application/json', 'application/yaml')
  @ApiOkResponse({ description: 'The document', schema: { type: 'object' } })
  async openapi(
    @Session() { client }: PortalSession,
    @Id() id: string,
    @ValidQuery(OpenApiQuery) query: OpenApiQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { collection, endpoints } = await this.catalogue.collection(client.id, id);
    const { gatewayUrl } = this.config;
    const file = renderOpenApi(toExportable(collection, endpoints), { ...query, gatewayUrl });
    reply.headers(download(file.contentType, file.fileName));
    return file.text;
  }

  @Get(':id/postman')
  @ApiOperation({ summary: 'The collection for Postman; identity and credential are variables' })
  @ApiQuery({ name: 'profile_id', required: false, description: 'Fills in the profile id' })
  @ApiProduces('application/json')
  @ApiOkResponse({ description: 'A Postman 2.1 collection', schema: { type: 'object' } })
  async postman(
    @Session() { client }: PortalSession,
    @Id() id: string,
    @Query('profile_id') profileId: unknown,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const { collection, endpoints } = await this.catalogue.collection(client.id, id);
    const profile = await this.profileFor(client.id, profileId);
    const postman = await toPostmanCollection(toExportable(collection, endpoints), {
      gatewayUrl: this.config.gatewayUrl,
      clientId: client.id,
      profileId: profile,
    });
    const contentType = 'application/json; charset=utf-8';
    reply.headers(download(contentType, `${collection.id}.postman_collection.json`));
    return `${JSON.stringify(postman, null, 2)}\n`;
  }

  private async profileFor(clientId: string, profileId: unknown): Promise<string> {
    if (profileId !== undefined)
      return (await this.profiles.one(clientId, checkedId(profileId))).id;
    const [first] = await this.profiles.list(clientId);
    return first?.id ?? '';
  }
}
