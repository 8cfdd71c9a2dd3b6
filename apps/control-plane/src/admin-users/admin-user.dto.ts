import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsEmail, IsIn, MaxLength } from 'class-validator';
import { ROLES, type Role } from '../access/roles.ts';
import { normaliseEmail } from '../clients/client.dto.ts';
import { ResourceResponse } from '../http/resource.dto.ts';
import { IsName, IsOwnId } from '../validation/fields.ts';

export class AdminUserFields {
  @ApiProperty({ example: 'ada@portico.example', description: 'Kept in lower case; unique' })
  @Transform(({ value }: { value: unknown }) => normaliseEmail(value))
  @IsEmail()
  @MaxLength(254)
  email!: string;

  @ApiProperty({ example: 'Ada Lovelace' })
  @IsName()
  name!: string;

  @ApiProperty({ enum: ROLES })
  @IsIn(ROLES)
  role!: Role;

  @ApiPropertyOptional()
  @IsBoolean()
  active: boolean = true;
}

export class CreateAdminUser extends AdminUserFields {
  @IsOwnId('adminUser')
  id?: string;
}

export class PatchAdminUser extends PartialType(AdminUserFields) {}

export class AdminUserResponse extends IntersectionType(AdminUserFields, ResourceResponse) {
  @ApiProperty({ example: 'usr_ada' })
  id!: string;
}
