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
import { readClient } from '../clients/read-client.ts';
import { CreateProfile, PatchProfile, ProfileResponse } from './profile.dto.ts';
import { toProfileResponse } from './profile.response.ts';
import { ProfilesService } from './profiles.service.ts';
import { DataSource } from 'typeorm';

@ApiTags('profiles')
@Controller('api/v1')
export class ProfilesController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly writes: Writes,
    private readonly dataSource: DataSource,
  ) {}

  @Get('clients/:id/profiles')
  @RequireRole(...READS_CONFIG)
  @AnswersPage(ProfileResponse)
  async list(@Id() clientId: string, @ValidQuery(PageQuery) page: PageQuery) {
    await readClient(this.dataSource, clientId);
    return toPageAnswer(await this.profiles.list(clientId, page), toProfileResponse);
  }

  @Post('clients/:id/profiles')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(201, ProfileResponse, CreateProfile)
  async create(
    @Context() context: RequestContext,
    @Id() clientId: string,
    @ValidBody(CreateProfile) body: CreateProfile,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const profile = await this.writes.withWrite(context, async (tx) => {
      await readClient(tx, clientId);
      return this.profiles.create(tx, clientId, body);
    });
    return tagged(reply, toProfileResponse(profile));
  }

  @Get('profiles/:id')
  @RequireRole(...READS_CONFIG)
  @Answers(ProfileResponse)
  async get(@Id() id: string, @Res({ passthrough: true }) reply: FastifyReply) {
    return tagged(reply, toProfileResponse(await this.profiles.get(id)));
  }

  @Patch('profiles/:id')
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, ProfileResponse, PatchProfile)
  async patch(
    @Context() context: RequestContext,
    @ChangeOf() change: Change,
    @Res({ passthrough: true }) reply: FastifyReply,
  ) {
    const profile = await this.writes.withWrite(context, (tx) => this.profiles.patch(tx, change));
    return tagged(reply, toProfileResponse(profile));
  }

  @Delete('profiles/:id')
  @HttpCode(204)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(204)
  async remove(@Context() context: RequestContext, @RemovalOf() removal: Removal) {
    await this.writes.withWrite(context, (tx) => this.profiles.remove(tx, removal));
  }
}
