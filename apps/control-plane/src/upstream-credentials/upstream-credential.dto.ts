import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { Allow, IsIn } from 'class-validator';
import { ResourceResponse } from '../http/resource.dto.ts';
import { IsName, IsOwnId } from '../validation/fields.ts';
import type { UpstreamCredentialType } from './upstream-credential.entity.ts';

const TYPES = ['basic', 'api_key', 'bearer', 'oauth2_client_credentials', 'mtls'] as const;

/** Which of the fields below belong together depends on `type`; `credential-fields.ts` checks that. */
class CredentialSettings {
  @ApiPropertyOptional({ description: 'basic' })
  @Allow()
  username?: string;

  @ApiPropertyOptional({ description: 'api_key', enum: ['header', 'query'] })
  @Allow()
  in?: string;

  @ApiPropertyOptional({ description: 'api_key: name of the header or query parameter' })
  @Allow()
  key_name?: string;

  @ApiPropertyOptional({ description: 'oauth2_client_credentials', format: 'uri' })
  @Allow()
  token_url?: string;

  @ApiPropertyOptional({ description: 'oauth2_client_credentials' })
  @Allow()
  client_id?: string;

  @ApiPropertyOptional({ description: 'oauth2_client_credentials' })
  @Allow()
  scope?: string;

  @ApiPropertyOptional({ description: 'oauth2_client_credentials' })
  @Allow()
  audience?: string;

  @ApiPropertyOptional({ description: 'mtls' })
  @Allow()
  certificate_pem?: string;

  @ApiPropertyOptional({ description: 'mtls' })
  @Allow()
  ca_pem?: string;
}

export class UpstreamCredentialFields extends CredentialSettings {
  @ApiProperty()
  @IsName()
  name!: string;

  @ApiProperty({ enum: TYPES })
  @IsIn(TYPES)
  type!: UpstreamCredentialType;

  @ApiPropertyOptional({ description: 'basic', writeOnly: true })
  @Allow()
  password?: string;

  @ApiPropertyOptional({ description: 'api_key', writeOnly: true })
  @Allow()
  value?: string;

  @ApiPropertyOptional({ description: 'bearer', writeOnly: true })
  @Allow()
  token?: string;

  @ApiPropertyOptional({ description: 'oauth2_client_credentials', writeOnly: true })
  @Allow()
  client_secret?: string;

  @ApiPropertyOptional({ description: 'mtls', writeOnly: true })
  @Allow()
  private_key_pem?: string;
}

export class CreateUpstreamCredential extends UpstreamCredentialFields {
  @IsOwnId('upstreamCredential')
  id?: string;
}

/** Never holds a secret: `secrets_set` says which are stored. */
export class UpstreamCredentialResponse extends CredentialSettings implements ResourceResponse {
  @ApiProperty({ example: 'uc_orders_backend' })
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: TYPES })
  type!: UpstreamCredentialType;

  @ApiProperty({ type: [String], example: ['password'] })
  secrets_set!: string[];

  @ApiProperty({ format: 'date-time' })
  created_at!: string;

  @ApiProperty({ format: 'date-time' })
  updated_at!: string;

  @ApiProperty()
  version!: number;
}
