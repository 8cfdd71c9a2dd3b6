import { ApiProperty, ApiPropertyOptional, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsIn, IsOptional } from 'class-validator';
import { ROLES, type Role } from '../access/roles.ts';
import { ResourceResponse } from '../http/resource.dto.ts';
import { IsInstant, IsName, IsOwnId } from '../validation/fields.ts';

export class ApiKeyFields {
  @ApiProperty({ example: 'CI deployments' })
  @IsName()
  name!: string;

  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role!: Role;

  @ApiPropertyOptional()
  @IsBoolean()
  active: boolean = true;

  @ApiPropertyOptional({ type: String, nullable: true, format: 'date-time' })
  @IsOptional()
  @IsInstant()
  expires_at: string | null = null;
}

export class CreateApiKey extends ApiKeyFields {
  @IsOwnId('apiKey')
  id?: string;
}

export class PatchApiKey extends PartialType(ApiKeyFields) {}

export class ApiKeyResponse extends ResourceResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty()
  name!: string;

  @ApiProperty({ enum: ROLES })
  role!: Role;

  @ApiProperty()
  active!: boolean;

  @ApiProperty({ type: String, nullable: true, format: 'date-time' })
  expires_at!: string | null;

  @ApiProperty({ description: 'How the key begins' })
  hint!: string;

  @ApiProperty({ type: String, nullable: true, format: 'date-time', description: 'To the minute' })
  last_used_at!: string | null;
}

export class CreatedApiKeyResponse extends ApiKeyResponse {
  @ApiProperty({ description: 'Shown this once' })
  key!: string;
}
