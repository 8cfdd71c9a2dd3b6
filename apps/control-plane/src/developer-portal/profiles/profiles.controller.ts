import { Controller, Get, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Context, type RequestContext } from '../../access/request-context.ts';
import { Public } from '../../access/roles.ts';
import { AuthHeadersDto } from '../../auth-headers/auth-headers.dto.ts';
import { Answers } from '../../http/api-docs.ts';
import { Id } from '../../validation/pipes.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { PortalAuthHeaders } from './portal-auth-headers.service.ts';
import { PortalProfiles } from './portal-profiles.service.ts';
import { PortalProfileListDto, toProfileDto } from './profiles.dto.ts';

/** The ways in which the signed-in client calls. */
@Controller('api/v1/developer-portal/profiles')
@Public()
@UseGuards(PortalGuard)
@ApiTags('developer portal')
export class PortalProfilesController {
  constructor(
    private readonly profiles: PortalProfiles,
    private readonly headers: PortalAuthHeaders,
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
    return this.headers.show(await this.profiles.one(client.id, id), context);
  }
}
