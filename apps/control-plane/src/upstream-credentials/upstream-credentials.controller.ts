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
import {
  toCredentialResponse,
  UpstreamCredentialsService,
} from './upstream-credentials.service.ts';
import {
  CreateUpstreamCredential,
  UpstreamCredentialFields,
  UpstreamCredentialResponse,
} from './upstream-credential.dto.ts';

@ApiTags('upstream-credentials')
@Controller('api/v1/upstream-credentials')
export class UpstreamCredentialsController {
  constructor(
    private readonly credentials: UpstreamCredentialsService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(UpstreamCredentialResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.credentials.list(page), toCredentialResponse);
  }

  @Post()
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, UpstreamCredentialResponse, CreateUpstreamCredential)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateUpstreamCredential) body: CreateUpstreamCredential,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const credential = await this.writes.withWrite(context, (tx) =>
      this.credentials.create(tx, body),
    );
    return tagged(reply, toCredentialResponse(credential));
  }

  @Get(':id')
  @RequireRole(...READS_CONFIG)
  @Answers(UpstreamCredentialResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toCredentialResponse(await this.credentials.get(id)));
  }

  @Patch(':id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, UpstreamCredentialResponse, UpstreamCredentialFields)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const credential = await this.writes.withWrite(context, (tx) =>
      this.credentials.patch(tx, change),
    );
    return tagged(reply, toCredentialResponse(credential));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.credentials.remove(tx, removal));
  }
}
