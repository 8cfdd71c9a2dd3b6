import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProduces, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DataSource } from 'typeorm';
import { READS_CONFIG, RequireRole } from '../access/roles.ts';
import { CollectionEntity } from '../collections/collection.entity.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { EndpointEntity } from '../endpoints/endpoint.entity.ts';
import { notFound } from '../http/api-error.ts';
import { CONFIG } from '../tokens.ts';
import { Id, ValidQuery } from '../validation/pipes.ts';
import { download } from './download.ts';
import { toExportable } from './from-entities.ts';
import { OpenApiQuery } from './openapi-query.dto.ts';
import { renderOpenApi } from './rendition.ts';

/** An admin's export: the whole collection, drafts included and marked. */
@ApiTags('collections')
@Controller('api/v1/collections/:id/openapi')
export class OpenApiExportController {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @ApiOperation({ summary: 'The collection as an OpenAPI document, drafts included' })
  @ApiProduces('application/json', 'application/yaml')
  @ApiOkResponse({ description: 'The document', schema: { type: 'object' } })
  async export(
    @Id() id: string,
    @ValidQuery(OpenApiQuery) query: OpenApiQuery,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<string> {
    const collection = await this.dataSource.getRepository(CollectionEntity).findOneBy({ id });
    if (collection === null) throw notFound(`There is no collection ${id}.`);
    const endpoints = await this.dataSource.getRepository(EndpointEntity).find({
      where: { collection_id: id },
      order: { created_at: 'ASC', id: 'ASC' },
    });
    const { gatewayUrl } = this.config;
    const file = renderOpenApi(toExportable(collection, endpoints), { ...query, gatewayUrl });
    reply.headers(download(file.contentType, file.fileName));
    return file.text;
  }
}
