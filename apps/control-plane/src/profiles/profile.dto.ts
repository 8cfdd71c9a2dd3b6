import { AUTH_TYPES, HTTP_METHODS, type AuthType, type Method } from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsIn,
  IsObject,
  IsString,
  Matches,
} from 'class-validator';
import { z } from 'zod';
import { ResourceResponse } from '../http/resource.dto.ts';
import { Contract, inheritContractFields } from '../validation/contract.ts';
import { IsName, IsOwnId, IsReference } from '../validation/fields.ts';
import type { CredentialState } from './credential-state.ts';

const allowedIps = z
  .array(
    z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()], {
      error: 'must be an IP address or a CIDR block, v4 or v6',
    }),
  )
  .max(500);

export class ProfileFields {
  @ApiProperty({ example: 'sandbox' })
  @IsName()
  name!: string;

  @ApiPropertyOptional({ example: 'sandbox', description: 'Picks the upstream' })
  @IsString()
  @Matches(/^[a-z][a-z0-9_-]{0,39}$/, { message: 'must be 1 to 40 of a-z 0-9 _ -' })
  environment: string = 'production';

  @ApiPropertyOptional()
  @IsBoolean()
  active: boolean = true;

  @ApiPropertyOptional({ enum: AUTH_TYPES })
  @IsIn(AUTH_TYPES)
  auth_type: AuthType = 'token';

  @ApiPropertyOptional({
    type: Object,
    description:
      'By type: token `{expires_at?}`; jwt `{algorithms, issuer?, audience?, public_keys?, ' +
      'max_lifetime_seconds, clock_skew_seconds}`; oidc `{issuer, audience, jwks_uri?, ' +
      'required_claims?, required_scopes?}`; mtls `{certificates}` or `{ca_pem, subject}`; none `{}`',
  })
  @IsObject()
  auth: Record<string, unknown> = {};

  @ApiPropertyOptional({ enum: HTTP_METHODS, isArray: true, description: 'Empty = every method' })
  @IsArray()
  @ArrayUnique()
  @ArrayMaxSize(HTTP_METHODS.length)
  @IsIn(HTTP_METHODS, { each: true })
  allowed_methods: Method[] = [];

  @Contract(allowedIps, { required: false, description: 'Empty = any address' })
  allowed_ips: string[] = [];

  @IsReference('policy')
  policy_id: string | null = null;
}

export class CreateProfile extends ProfileFields {
  @IsOwnId('profile')
  id?: string;
}
inheritContractFields(ProfileFields, CreateProfile);

export class PatchProfile extends PartialType(ProfileFields) {}
inheritContractFields(ProfileFields, PatchProfile);

export class ProfileResponse extends IntersectionType(ProfileFields, ResourceResponse) {
  @ApiProperty({ example: 'pr_acme_sandbox' })
  id!: string;

  @ApiProperty({ example: 'cl_acme' })
  client_id!: string;

  @ApiProperty({ type: Object, description: 'What is stored of its credential; never the secret' })
  credential!: CredentialState;
}
inheritContractFields(ProfileFields, ProfileResponse);
