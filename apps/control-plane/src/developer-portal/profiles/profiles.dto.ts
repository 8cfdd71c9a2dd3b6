import { AUTH_TYPES, type AuthType } from '@portico/contracts';
import { ApiProperty } from '@nestjs/swagger';
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

export const toProfileDto = (profile: ProfileEntity): PortalProfileDto => ({
  id: profile.id,
  name: profile.name,
  environment: profile.environment,
  auth_type: profile.auth_type,
});
