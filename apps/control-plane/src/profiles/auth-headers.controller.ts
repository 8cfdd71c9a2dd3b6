import { Controller, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { AuthHeadersDto } from '../auth-headers/auth-headers.dto.ts';
import { Context, type RequestContext } from '../access/request-context.ts';
import { RequireRole, WRITES_CONFIG } from '../access/roles.ts';
import { Answers, AnswersWrite } from '../http/api-docs.ts';
import { Id, ValidBody } from '../validation/pipes.ts';
import { Writes } from '../writes/writes.ts';
import { RotateCredential, RotatedResponse } from './auth-headers.dto.ts';
import { RevealedHeaders } from './auth-headers.ts';
import { toProfileResponse } from './profile.response.ts';
import { ProfilesService } from './profiles.service.ts';

/** Where secrets are shown: for those who may also change them, and never without a trace. */
@ApiTags('profiles')
@Controller('api/v1/profiles/:id')
export class AuthHeadersController {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly revealed: RevealedHeaders,
    private readonly writes: Writes,
  ) {}

  @Get('auth-headers')
  @RequireRole(...WRITES_CONFIG)
  @Answers(AuthHeadersDto)
  async show(@Context() context: RequestContext, @Id() id: string): Promise<AuthHeadersDto> {
    const { profile } = await this.profiles.get(id);
    // Recorded first: what could not be recorded must not be shown.
    await this.writes.recordOnly(context, {
      action: 'profile.read_secret',
      resource_type: 'profile',
      resource_id: id,
      before: null,
      after: null,
    });
    return this.revealed.of(profile);
  }

  @Post('rotate')
  @HttpCode(200)
  @RequireRole(...WRITES_CONFIG)
  @AnswersWrite(200, RotatedResponse, RotateCredential)
  async rotate(
    @Context() context: RequestContext,
    @Id() id: string,
    @ValidBody(RotateCredential) { grace_period_seconds }: RotateCredential,
  ): Promise<RotatedResponse> {
    const record = await this.writes.withWrite(context, (tx) =>
      this.profiles.rotate(tx, id, grace_period_seconds),
    );
    const rotatedAt = record.profile.updated_at.getTime();
    return {
      profile: toProfileResponse(record),
      credential: (await this.revealed.secretOf(record.profile)) ?? '',
      previous_valid_until: new Date(rotatedAt + grace_period_seconds * 1000).toISOString(),
      ...(await this.revealed.of(record.profile)),
    };
  }
}
