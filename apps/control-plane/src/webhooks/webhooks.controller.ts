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
  CreatedWebhookResponse,
  CreateWebhook,
  PatchWebhook,
  WebhookResponse,
} from './webhook.dto.ts';
import { toWebhookResponse } from './webhook.response.ts';
import { WebhooksService } from './webhooks.service.ts';

@ApiTags('webhooks')
@Controller('api/v1/webhooks')
export class WebhooksController {
  constructor(
    private readonly webhooks: WebhooksService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(WebhookResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.webhooks.list(page), toWebhookResponse);
  }

  @Post()
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, CreatedWebhookResponse, CreateWebhook)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateWebhook) body: CreateWebhook,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const { webhook, secret } = await this.writes.withWrite(context, (tx) =>
      this.webhooks.create(tx, body),
    );
    return tagged(reply, { ...toWebhookResponse(webhook), secret });
  }

  @Get(':id')
  @RequireRole(...READS_CONFIG)
  @Answers(WebhookResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toWebhookResponse(await this.webhooks.get(id)));
  }

  @Patch(':id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, WebhookResponse, PatchWebhook)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const webhook = await this.writes.withWrite(context, (tx) => this.webhooks.patch(tx, change));
    return tagged(reply, toWebhookResponse(webhook));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.webhooks.remove(tx, removal));
  }
}
