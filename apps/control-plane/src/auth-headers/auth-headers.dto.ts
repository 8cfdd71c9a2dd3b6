import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';

export class HeaderLineDto {
  @ApiProperty({ example: 'X-Client-ID' })
  name!: string;

  @ApiProperty({ example: 'cl_acme_7x2k' })
  value!: string;
}

export class SigningGuideDto {
  @ApiProperty({ example: 'HS256' })
  algorithm!: string;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Null: sign with your own private key',
  })
  secret!: string | null;

  @ApiProperty({ type: Object })
  claims!: Readonly<Record<string, string | number>>;

  @ApiProperty()
  instructions!: string;
}

export class AuthHeadersDto {
  @ApiProperty({ type: [HeaderLineDto] })
  headers!: readonly HeaderLineDto[];

  @ApiProperty({ description: 'A command to paste into a shell' })
  curl!: string;

  @ApiPropertyOptional({ type: SigningGuideDto, description: 'For jwt profiles' })
  signing?: SigningGuideDto;
}
