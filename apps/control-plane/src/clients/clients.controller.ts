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
import { ClientsService } from './clients.service.ts';
import { CreateClient, PatchClient, ClientResponse } from './client.dto.ts';
import { toClientResponse } from './read-client.ts';

@ApiTags('clients')
@Controller('api/v1/clients')
export class ClientsController {
  constructor(
    private readonly clients: ClientsService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(ClientResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.clients.list(page), toClientResponse);
  }

  @Post()
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, ClientResponse, CreateClient)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateClient) body: CreateClient,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const client = await this.writes.withWrite(context, (tx) => this.clients.create(tx, body));
    return tagged(reply, toClientResponse(client));
  }

  @Get(':id')
  @RequireRole(...READS_CONFIG)
  @Answers(ClientResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toClientResponse(await this.clients.get(id)));
  }

  @Patch(':id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, ClientResponse, PatchClient)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const client = await this.writes.withWrite(context, (tx) => this.clients.patch(tx, change));
    return tagged(reply, toClientResponse(client));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.clients.remove(tx, removal));
  }
}
