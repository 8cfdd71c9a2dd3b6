import { Controller, Get, HttpCode, Inject, Ip, Post, Req, Res, UseGuards } from '@nestjs/common';
import {
  ApiAcceptedResponse,
  ApiNoContentResponse,
  ApiOkResponse,
  ApiOperation,
  ApiTags,
} from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/roles.ts';
import { ValidBody } from '../../validation/pipes.ts';
import { PORTAL_SETTINGS, type Branding, type PortalSettings } from '../portal-settings.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import { PortalSessions, type PortalSession } from '../session/portal-sessions.service.ts';
import { SameOriginGuard } from '../session/same-origin.guard.ts';
import { expiredSessionCookie, sessionCookie } from '../session/session-cookie.ts';
import { SignInLinks } from './sign-in-links.service.ts';
import {
  BrandingDto,
  LinkRequestedDto,
  PortalSessionDto,
  RequestLinkDto,
  ValidateTokenDto,
} from './sign-in.dto.ts';
import { SignIn } from './sign-in.service.ts';

const LINK_REQUESTED = {
  message: 'If your email is registered, a sign-in link is on its way.',
};

@Controller('api/v1/developer-portal')
@Public()
@UseGuards(SameOriginGuard)
@ApiTags('developer portal')
export class SignInController {
  constructor(
    private readonly links: SignInLinks,
    private readonly signIn: SignIn,
    private readonly sessions: PortalSessions,
    @Inject(PORTAL_SETTINGS) private readonly settings: PortalSettings,
  ) {}

  @Get('branding')
  @ApiOperation({ summary: 'Whose portal this is; needs no session' })
  @ApiOkResponse({ type: BrandingDto })
  branding(): Branding {
    return this.settings.branding;
  }

  @Post('request-link')
  @HttpCode(202)
  @ApiOperation({ summary: 'Ask for a sign-in link; the answer is the same for every address' })
  @ApiAcceptedResponse({ type: LinkRequestedDto })
  requestLink(
    @ValidBody(RequestLinkDto) { email }: RequestLinkDto,
    @Ip() ip: string,
  ): LinkRequestedDto {
    this.links.request(email, ip);
    return LINK_REQUESTED;
  }

  @Post('validate-token')
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with the token of a mailed link, once' })
  @ApiOkResponse({ type: PortalSessionDto })
  async validateToken(
    @ValidBody(ValidateTokenDto) { token }: ValidateTokenDto,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<PortalSessionDto> {
    const userAgent = request.headers['user-agent'] ?? null;
    const { secret, session } = await this.signIn.withToken(token, { ip: request.ip, userAgent });
    const cookie = sessionCookie(secret, session.expiresAt, this.settings.hasSecureCookie);
    reply.header('set-cookie', cookie);
    return this.toDto(session);
  }

  @Get('session')
  @UseGuards(PortalGuard)
  @ApiOperation({ summary: 'Who is signed in, and for which client' })
  @ApiOkResponse({ type: PortalSessionDto })
  session(@Session() session: PortalSession): PortalSessionDto {
    return this.toDto(session);
  }

  @Post('logout')
  @HttpCode(204)
  @UseGuards(PortalGuard)
  @ApiOperation({ summary: 'End this session' })
  @ApiNoContentResponse()
  async logout(
    @Session() session: PortalSession,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<void> {
    await this.sessions.end(session.sha256);
    reply.header('set-cookie', expiredSessionCookie(this.settings.hasSecureCookie));
  }

  private toDto({ client, email, expiresAt }: PortalSession): PortalSessionDto {
    const gateway_url = this.settings.gatewayUrl;
    return { client, email, expires_at: expiresAt.toISOString(), gateway_url };
  }
}
