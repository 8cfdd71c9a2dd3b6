import { ApiProperty } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsEmail, IsString, MaxLength, MinLength } from 'class-validator';

/** As addresses are stored: without white space around them, in lower case. */
export const normaliseEmail = (text: string): string => text.trim().normalize('NFC').toLowerCase();

export class RequestLinkDto {
  @ApiProperty({ format: 'email', maxLength: 254, example: 'dev@acme.example' })
  @Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' ? normaliseEmail(value) : value,
  )
  @IsEmail({ allow_utf8_local_part: true, require_tld: false })
  @MaxLength(254)
  email!: string;
}

export class LinkRequestedDto {
  @ApiProperty({ example: 'If your email is registered, a sign-in link is on its way.' })
  message!: string;
}

export class ValidateTokenDto {
  @ApiProperty({ description: 'The token of the mailed link.', minLength: 1, maxLength: 200 })
  @IsString()
  @MinLength(1)
  @MaxLength(200)
  token!: string;
}

export class PortalClientDto {
  @ApiProperty({ example: 'cl_acme_7x2k' })
  id!: string;

  @ApiProperty({ example: 'Acme Corp' })
  name!: string;
}

export class PortalSessionDto {
  @ApiProperty({ type: PortalClientDto })
  client!: PortalClientDto;

  @ApiProperty({ format: 'email' })
  email!: string;

  @ApiProperty({ format: 'date-time' })
  expires_at!: string;

  @ApiProperty({ description: 'Public address of the gateway.' })
  gateway_url!: string;
}

export class BrandingDto {
  @ApiProperty()
  name!: string;

  @ApiProperty({ type: String, nullable: true })
  logo_url!: string | null;

  @ApiProperty({ example: '#1d4ed8' })
  accent_color!: string;

  @ApiProperty({ type: String, nullable: true })
  support_contact!: string | null;
}
