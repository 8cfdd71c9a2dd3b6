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
import { PoliciesService } from './policies.service.ts';
import { CreatePolicy, PatchPolicy, PolicyResponse } from './policy.dto.ts';
import { toPolicyResponse } from './policy.response.ts';

@ApiTags('policies')
@Controller('api/v1/policies')
export class PoliciesController {
  constructor(
    private readonly policies: PoliciesService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...READS_CONFIG)
  @AnswersPage(PolicyResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.policies.list(page), toPolicyResponse);
  }

  @Post()
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, PolicyResponse, CreatePolicy)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreatePolicy) body: CreatePolicy,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const policy = await this.writes.withWrite(context, (tx) => this.policies.create(tx, body));
    return tagged(reply, toPolicyResponse(policy));
  }

  @Get(':id')
  @RequireRole(...READS_CONFIG)
  @Answers(PolicyResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toPolicyResponse(await this.policies.get(id)));
  }

  @Patch(':id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, PolicyResponse, PatchPolicy)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const policy = await this.writes.withWrite(context, (tx) => this.policies.patch(tx, change));
    return tagged(reply, toPolicyResponse(policy));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.policies.remove(tx, removal));
  }
}
