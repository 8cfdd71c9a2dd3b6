import { idPattern } from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsBoolean,
  IsEmail,
  IsOptional,
  Matches,
  MaxLength,
} from 'class-validator';
import { ResourceResponse } from '../http/resource.dto.ts';
import { IsDescription, IsName, IsOwnId, IsReference } from '../validation/fields.ts';

const AUTHORIZED_EMAILS_MAX = 500;
const COLLECTIONS_MAX = 1_000;

/** Addresses are compared in lower case everywhere, so that is how they are kept. */
export const normaliseEmail = (value: unknown): unknown =>
  typeof value === 'string' ? value.trim().toLowerCase() : value;

const normaliseEmails = ({ value }: { value: unknown }): unknown =>
  Array.isArray(value) ? [...new Set(value.map(normaliseEmail))] : value;

export class ClientFields {
  @ApiProperty({ example: 'Acme Corp' })
  @IsName()
  name!: string;

  @ApiPropertyOptional()
  @IsDescription()
  description: string = '';

  @ApiPropertyOptional({ type: String, nullable: true, description: "The partner's contact" })
  @IsOptional()
  @Transform(({ value }: { value: unknown }) => (typeof value === 'string' ? value.trim() : value))
  @IsEmail()
  @MaxLength(254)
  email: string | null = null;

  @ApiPropertyOptional({ description: 'False ends portal and gateway access together, at once' })
  @IsBoolean()
  active: boolean = true;

  @ApiPropertyOptional()
  @IsBoolean()
  has_portal_access: boolean = false;

  @ApiPropertyOptional({ type: [String], description: 'Who may sign in to the portal' })
  @Transform(normaliseEmails)
  @IsArray()
  @ArrayMaxSize(AUTHORIZED_EMAILS_MAX)
  @IsEmail({}, { each: true, message: 'each must be an email address' })
  @MaxLength(254, { each: true })
  authorized_emails: string[] = [];

  @ApiPropertyOptional({ type: [String], example: ['coll_orders_v2'] })
  @IsArray()
  @ArrayMaxSize(COLLECTIONS_MAX)
  @ArrayUnique()
  @Matches(idPattern('collection'), { each: true, message: 'each must be the id of a collection' })
  collections: string[] = [];

  @IsReference('policy')
  policy_id: string | null = null;
}

export class CreateClient extends ClientFields {
  @IsOwnId('client')
  id?: string;
}

export class PatchClient extends PartialType(ClientFields) {}

export class ClientResponse extends IntersectionType(ClientFields, ResourceResponse) {
  @ApiProperty({ example: 'cl_acme' })
  id!: string;
}
