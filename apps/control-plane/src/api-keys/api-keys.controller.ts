import { Controller, Delete, Get, HttpCode, Patch, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { Context, type RequestContext } from '../access/request-context.ts';
import { ADMIN_ONLY, RequireRole } from '../access/roles.ts';
import { Answers, AnswersPage, AnswersWrite } from '../http/api-docs.ts';
import { PageQuery } from '../paging/page.dto.ts';
import { toPageAnswer } from '../paging/read-page.ts';
import { ChangeOf, RemovalOf, type Change, type Removal } from '../validation/change.ts';
import { Id, ValidBody, ValidQuery } from '../validation/pipes.ts';
import { tagged } from '../writes/versions.ts';
import { Writes } from '../writes/writes.ts';
import { toApiKeyResponse, ApiKeysService } from './api-keys.service.ts';
import { ApiKeyResponse, CreateApiKey, CreatedApiKeyResponse, PatchApiKey } from './api-key.dto.ts';

@ApiTags('api-keys')
@Controller('api/v1/api-keys')
export class ApiKeysController {
  constructor(
    private readonly keys: ApiKeysService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...ADMIN_ONLY)
  @AnswersPage(ApiKeyResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.keys.list(page), toApiKeyResponse);
  }

  @Post()
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(201, CreatedApiKeyResponse, CreateApiKey)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateApiKey) body: CreateApiKey,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { key, secret } = await this.writes.withWrite(context, (tx) =>
      this.keys.create(tx, body),
    );
    return tagged(reply, { ...toApiKeyResponse(key), key: secret });
  }

  @Get(':id')
  @RequireRole(...ADMIN_ONLY)
  @Answers(ApiKeyResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toApiKeyResponse(await this.keys.get(id)));
  }

  @Patch(':id')
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(200, ApiKeyResponse, PatchApiKey)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const key = await this.writes.withWrite(context, (tx) => this.keys.patch(tx, change));
    return tagged(reply, toApiKeyResponse(key));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.keys.remove(tx, removal));
  }
}
