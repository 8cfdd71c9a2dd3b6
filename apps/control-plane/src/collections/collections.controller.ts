import { Controller, Delete, Get, HttpCode, Patch, Post, Put, Res } from '@nestjs/common';
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
import { CollectionsService } from './collections.service.ts';
import { duplicate } from './duplicate.ts';
import { validated } from '../validation/validate.ts';
import {
  CreateCollection,
  PatchCollection,
  CollectionResponse,
  StatusChange,
} from './collection.dto.ts';
import { toCollectionResponse } from './collection.response.ts';

@ApiTags('collections')
@Controller('api/v1/collections')
export class CollectionsController {
  constructor(
    private readonly collections: CollectionsService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(CollectionResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.collections.list(page), toCollectionResponse);
  }

  @Post()
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, CollectionResponse, CreateCollection)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateCollection) body: CreateCollection,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const collection = await this.writes.withWrite(context, (tx) =>
      this.collections.create(tx, body),
    );
    return tagged(reply, toCollectionResponse(collection));
  }

  @Get(':id')
  @RequireRole(...READS_CONFIG)
  @Answers(CollectionResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toCollectionResponse(await this.collections.get(id)));
  }

  @Patch(':id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, CollectionResponse, PatchCollection)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const collection = await this.writes.withWrite(context, (tx) =>
      this.collections.patch(tx, change),
    );
    return tagged(reply, toCollectionResponse(collection));
  }

  @Put(':id/status')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, CollectionResponse, StatusChange)
  async setStatus(
    @Context() context: RequestContext,
    @ChangeOf() { id, ifMatch, patch }: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { status } = validated(StatusChange, patch, 'body');
    const collection = await this.writes.withWrite(context, (tx) =>
      this.collections.patch(tx, { id, ifMatch, patch: { status } }),
    );
    return tagged(reply, toCollectionResponse(collection));
  }

  @Post(':id/duplicate')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, CollectionResponse)
  async duplicate(
    @Context() context: RequestContext,
    @Id() id: string,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const copy = await this.writes.withWrite(context, async (tx) =>
      duplicate(tx, await this.collections.get(id, tx)),
    );
    return tagged(reply, toCollectionResponse(copy));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.collections.remove(tx, removal));
  }
}
