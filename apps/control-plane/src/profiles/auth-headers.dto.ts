import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsInt, Max, Min } from 'class-validator';
import { ProfileResponse } from './profile.dto.ts';

export class AuthHeader {
  @ApiProperty({ example: 'X-Client-ID' })
  name!: string;

  @ApiProperty({ example: 'cl_acme' })
  value!: string;
}

export class AuthHeadersResponse {
  @ApiProperty({ type: [AuthHeader] })
  headers!: AuthHeader[];

  @ApiProperty({ description: 'Ready to paste' })
  curl!: string;

  @ApiPropertyOptional({ description: 'How to get a credential, where it is not one fixed value' })
  how_to?: string;

  @ApiPropertyOptional({ description: 'jwt with HS*: the secret to sign with' })
  signing_secret?: string;
}

export class RotateCredential {
  @ApiProperty({
    minimum: 0,
    maximum: 7_776_000,
    description: 'How long the old credential still works; 0 ends it, and all in grace, at once',
  })
  @IsInt()
  @Min(0)
  @Max(7_776_000)
  grace_period_seconds: number = 0;
}

export class RotatedResponse extends AuthHeadersResponse {
  @ApiProperty({ type: ProfileResponse })
  profile!: ProfileResponse;

  @ApiProperty({ description: 'The new token, or HMAC secret' })
  credential!: string;

  @ApiProperty({ format: 'date-time', description: 'Until when the old one works' })
  previous_valid_until!: string;
}
