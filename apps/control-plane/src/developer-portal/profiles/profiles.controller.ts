import { Controller, Get, Inject, UseGuards } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import { Context, type RequestContext } from '../../access/request-context.ts';
import { Public } from '../../access/roles.ts';
import { AuthHeadersDto } from '../../auth-headers/auth-headers.dto.ts';
import { authHeadersOf } from '../../auth-headers/auth-headers.ts';
import type { ControlPlaneConfig } from '../../config.ts';
import { Answers } from '../../http/api-docs.ts';
import { CONFIG } from '../../tokens.ts';
import { Id } from '../../validation/pipes.ts';
import { Writes } from '../../writes/writes.ts';
import { PortalCatalogue } from '../catalogue/portal-catalogue.service.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { PortalProfiles } from './portal-profiles.service.ts';
import { PortalProfileListDto, toProfileDto } from './profiles.dto.ts';
import { ProfileSecrets } from './profile-secrets.service.ts';

/** The ways in which the signed-in client calls. */
@Controller('api/v1/developer-portal/profiles')
@Public()
@UseGuards(PortalGuard)
@ApiTags('developer portal')
export class PortalProfilesController {
  constructor(
    private readonly profiles: PortalProfiles,
    private readonly secrets: ProfileSecrets,
    private readonly catalogue: PortalCatalogue,
    private readonly writes: Writes,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
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
    const profile = await this.profiles.one(client.id, id);
    const [secret, path] = await Promise.all([
      this.secrets.current(profile),
      this.examplePath(client.id),
    ]);
    const { gatewayUrl, gatewayTlsUrl } = this.config;
    const options = { secret, gatewayUrl, gatewayTlsUrl, path, nowMs: Date.now() };
    const headers = await authHeadersOf(profile, options);
    // Before the answer: a secret that could not be accounted for is not shown.
    if (secret !== null) {
      await this.writes.recordOnly(context, {
        action: 'profile.read_secret',
        resource_type: 'profile',
        resource_id: profile.id,
        before: null,
        after: null,
      });
    }
    return headers;
  }

  private async examplePath(clientId: string): Promise<string> {
    const [first] = await this.catalogue.collections(clientId);
    return first?.collection.base_path ?? '/';
  }
}
