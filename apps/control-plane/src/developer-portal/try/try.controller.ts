import { Controller, HttpCode, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBody, ApiOkResponse, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import { CONTROL_FAILURES } from '@portico/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Public } from '../../access/roles.ts';
import { ErrorResponse } from '../../http/api-docs.ts';
import { ValidBody } from '../../validation/pipes.ts';
import { PortalGuard, Session } from '../session/portal.guard.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { SameOriginGuard } from '../session/same-origin.guard.ts';
import type { GatewayAnswer } from './gateway-caller.ts';
import { TryDto, TryResultDto } from './try.dto.ts';
import { TryService } from './try.service.ts';

/** The testing console's only way out. */
@Controller('api/v1/developer-portal/try')
@Public()
@UseGuards(SameOriginGuard, PortalGuard)
@ApiTags('developer portal')
export class TryController {
  constructor(private readonly service: TryService) {}

  @Post()
  @HttpCode(200)
  @ApiOperation({ summary: 'Call an endpoint through the gateway, as one of your profiles' })
  @ApiBody({ type: TryDto })
  @ApiOkResponse({ type: TryResultDto })
  @ApiResponse({
    status: 409,
    type: ErrorResponse,
    description: '`try_unavailable`: an mTLS profile; `curl` is the command to run instead',
  })
  async try(
    @ValidBody(TryDto) input: TryDto,
    @Session() session: PortalSession,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<unknown> {
    const outcome = await this.service.run(input, session, request.ip);
    if (outcome.kind === 'answered') return toDto(outcome.answer);
    reply.status(CONTROL_FAILURES.try_unavailable.status);
    return {
      error: 'try_unavailable',
      message: `${CONTROL_FAILURES.try_unavailable.message} Run the command in \`curl\`.`,
      request_id: request.id,
      curl: outcome.curl,
    };
  }
}

function toDto(answer: GatewayAnswer): TryResultDto {
  const requestId = answer.headers.find(([name]) => name.toLowerCase() === 'x-request-id')?.[1];
  return {
    status: answer.status,
    latency_ms: answer.latencyMs,
    headers: answer.headers,
    ...toText(answer.body, answer.truncated),
    truncated: answer.truncated,
    request_id: requestId ?? '',
  };
}

/** Text where it is UTF-8; a character that was cut in two at the end does not make it binary. */
function toText(body: Buffer, isCut: boolean): Pick<TryResultDto, 'body' | 'body_encoding'> {
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
    return { body: decoder.decode(body, { stream: isCut }), body_encoding: 'utf8' };
  } catch {
    return { body: body.toString('base64'), body_encoding: 'base64' };
  }
}
