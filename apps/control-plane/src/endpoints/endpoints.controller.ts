import { Controller, Delete, Get, HttpCode, Patch, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Context, type RequestContext } from '../access/request-context.ts';
import { READS_CONFIG, RequireRole, WRITES_CONFIG } from '../access/roles.ts';
import { Answers, AnswersPage, AnswersWrite } from '../http/api-docs.ts';
import { PageQuery } from '../paging/page.dto.ts';
import { toPageAnswer } from '../paging/read-page.ts';
import { ChangeOf, RemovalOf, type Change, type Removal } from '../validation/change.ts';
import { Id, ValidBody, ValidQuery } from '../validation/pipes.ts';
import { tagged } from '../writes/versions.ts';
import { Writes } from '../writes/writes.ts';
import { CreateEndpoint, PatchEndpoint, EndpointResponse } from './endpoint.dto.ts';
import { toEndpointResponse } from './endpoint.response.ts';
import { EndpointsService } from './endpoints.service.ts';
import { CollectionsService } from '../collections/collections.service.ts';

@ApiTags('endpoints')
@Controller('api/v1')
export class EndpointsController {
  constructor(
    private readonly endpoints: EndpointsService,
    private readonly writes: Writes,
    private readonly collections: CollectionsService,
  ) {}

  @Get('collections/:id/endpoints')
  @RequireRole(...READS_CONFIG)
  @AnswersPage(EndpointResponse)
  async list(@Id() collectionId: string, @ValidQuery(PageQuery) page: PageQuery) {
    await this.collections.get(collectionId);
    return toPageAnswer(await this.endpoints.list(collectionId, page), toEndpointResponse);
  }

  @Post('collections/:id/endpoints')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, EndpointResponse, CreateEndpoint)
  async create(
    @Context() context: RequestContext,
    @Id() collectionId: string,
    @ValidBody(CreateEndpoint) body: CreateEndpoint,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const endpoint = await this.writes.withWrite(context, async (tx) => {
      await this.collections.get(collectionId, tx);
      return this.endpoints.create(tx, collectionId, body);
    });
    return tagged(reply, toEndpointResponse(endpoint));
  }

  @Get('endpoints/:id')
  @RequireRole(...READS_CONFIG)
  @Answers(EndpointResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toEndpointResponse(await this.endpoints.get(id)));
  }

  @Patch('endpoints/:id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, EndpointResponse, PatchEndpoint)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const endpoint = await this.writes.withWrite(context, (tx) => this.endpoints.patch(tx, change));
    return tagged(reply, toEndpointResponse(endpoint));
  }

  @Delete('endpoints/:id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.endpoints.remove(tx, removal));
  }
}
