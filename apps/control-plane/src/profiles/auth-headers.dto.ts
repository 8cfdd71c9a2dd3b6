import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { AuthHeadersDto } from '../auth-headers/auth-headers.dto.ts';
import { ProfileResponse } from './profile.dto.ts';

export class RotateCredential {
  @ApiPropertyOptional({
    minimum: 0,
    maximum: 7_776_000,
    description: 'How long the old credential still works; 0 ends it, and all in grace, at once',
  })
  @IsInt()
  @Min(0)
  @Max(7_776_000)
  grace_period_seconds: number = 0;
}

export class RotatedResponse extends AuthHeadersDto {
  @ApiProperty({ type: ProfileResponse })
  profile!: ProfileResponse;

  @ApiProperty({ description: 'The new token, or HMAC secret' })
  credential!: string;

  @ApiProperty({ format: 'date-time', description: 'Until when the old one works' })
  previous_valid_until!: string;
}
