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
import { toAdminUserResponse, AdminUsersService } from './admin-users.service.ts';
import { CreateAdminUser, PatchAdminUser, AdminUserResponse } from './admin-user.dto.ts';

@ApiTags('admin-users')
@Controller('api/v1/admin-users')
export class AdminUsersController {
  constructor(
    private readonly users: AdminUsersService,
    private readonly writes: Writes,
  ) {}

  @Get()
  @RequireRole(...ADMIN_ONLY)
  @AnswersPage(AdminUserResponse)
  async list(@ValidQuery(PageQuery) page: PageQuery) {
    return toPageAnswer(await this.users.list(page), toAdminUserResponse);
  }

  @Post()
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(201, AdminUserResponse, CreateAdminUser)
  async create(
    @Context() context: RequestContext,
    @ValidBody(CreateAdminUser) body: CreateAdminUser,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const user = await this.writes.withWrite(context, (tx) => this.users.create(tx, body));
    return tagged(reply, toAdminUserResponse(user));
  }

  @Get(':id')
  @RequireRole(...ADMIN_ONLY)
  @Answers(AdminUserResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toAdminUserResponse(await this.users.get(id)));
  }

  @Patch(':id')
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(200, AdminUserResponse, PatchAdminUser)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const user = await this.writes.withWrite(context, (tx) => this.users.patch(tx, change));
    return tagged(reply, toAdminUserResponse(user));
  }

  @Delete(':id')
  @HttpCode(204)
  @RequireRole(...ADMIN_ONLY)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.users.remove(tx, removal));
  }
}
