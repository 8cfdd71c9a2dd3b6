import { Controller, Get, HttpCode, Post, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Context, type RequestContext } from '../../access/request-context.ts';
import { Public } from '../../access/roles.ts';
import { AuthHeadersDto } from '../../auth-headers/auth-headers.dto.ts';
import { Answers, AnswersWrite } from '../../http/api-docs.ts';
import { RotateCredential } from '../../profiles/auth-headers.dto.ts';
import { Id, ValidBody } from '../../validation/pipes.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { SameOriginGuard } from '../session/same-origin.guard.ts';
import { PortalCredentials } from './portal-credentials.service.ts';
import { PortalProfiles } from './portal-profiles.service.ts';
import {
  PortalCredentialDto,
  PortalProfileListDto,
  PortalRotatedDto,
  toProfileDto,
} from './profiles.dto.ts';

/** The ways in which the signed-in client calls. */
@Controller('api/v1/developer-portal/profiles')
@Public()
@UseGuards(SameOriginGuard, PortalGuard)
@ApiTags('developer portal')
export class PortalProfilesController {
  constructor(
    private readonly profiles: PortalProfiles,
    private readonly credentials: PortalCredentials,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Your active profiles' })
  @ApiOkResponse({ type: PortalProfileListDto })
  async list(@Session() { client }: PortalSession): Promise<PortalProfileListDto> {
    return { data: (await this.profiles.list(client.id)).map(toProfileDto) };
  }

  @Get(':id/auth-headers')
  @ApiOperation({
    summary: 'The headers that a call of this profile carries; every read is audited',
  })
  @Answers(AuthHeadersDto)
  async authHeaders(
    @Session() { client }: PortalSession,
    @Id() id: string,
    @Context() context: RequestContext,
  ): Promise<AuthHeadersDto> {
    return this.credentials.headers(await this.profiles.one(client.id, id), context);
  }

  @Get(':id/credential')
  @ApiOperation({ summary: 'What may be known of the credential without showing it' })
  @Answers(PortalCredentialDto)
  async credential(
    @Session() { client }: PortalSession,
    @Id() id: string,
  ): Promise<PortalCredentialDto> {
    return this.credentials.state(await this.profiles.one(client.id, id));
  }

  @Post(':id/rotate')
  @HttpCode(200)
  @ApiOperation({ summary: 'Replace the credential; the one before works until the grace ends' })
  @AnswersWrite(200, PortalRotatedDto, RotateCredential)
  async rotate(
    @Session() { client }: PortalSession,
    @Id() id: string,
    @ValidBody(RotateCredential) { grace_period_seconds }: RotateCredential,
    @Context() context: RequestContext,
  ): Promise<PortalRotatedDto> {
    const profile = await this.profiles.one(client.id, id);
    return this.credentials.rotate(profile, grace_period_seconds, context);
  }
}
