import { AUTH_TYPES, type AuthType } from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { AuthHeadersDto } from '../../auth-headers/auth-headers.dto.ts';
import type { CredentialState } from '../../profiles/credential-state.ts';
import type { ProfileEntity } from '../../profiles/profile.entity.ts';

export class PortalProfileDto {
  @ApiProperty({ example: 'pr_acme_sandbox' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ example: 'sandbox' })
  environment!: string;

  @ApiProperty({ enum: AUTH_TYPES })
  auth_type!: AuthType;
}

export class PortalProfileListDto {
  @ApiProperty({ type: [PortalProfileDto] })
  data!: PortalProfileDto[];
}

export class PortalCredentialDto {
  @ApiPropertyOptional({ format: 'date-time', description: 'Of the current token or secret' })
  created_at?: string;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object', properties: { valid_until: { type: 'string', format: 'date-time' } } },
    description: 'Rotated ones that still work',
  })
  grace?: NonNullable<CredentialState['grace']>;

  @ApiPropertyOptional({
    type: 'array',
    items: { type: 'object' },
    description: 'Of mtls profiles',
  })
  certificates?: NonNullable<CredentialState['certificates']>;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'The newest call of this profile; null when there is none, or it is not known',
  })
  last_used_at!: string | null;
}

export class PortalRotatedDto extends AuthHeadersDto {
  @ApiProperty({ description: 'The new token, or HMAC secret' })
  credential!: string;

  @ApiProperty({ format: 'date-time', description: 'Until when the one before works' })
  previous_valid_until!: string;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the one before was last used, if known',
  })
  last_used_at!: string | null;
}

export const toProfileDto = (profile: ProfileEntity): PortalProfileDto => ({
  id: profile.id,
  name: profile.name,
  environment: profile.environment,
  auth_type: profile.auth_type,
});
