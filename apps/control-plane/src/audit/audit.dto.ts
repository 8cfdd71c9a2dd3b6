import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';
import { PageQuery } from '../paging/page.dto.ts';
import { IsInstant } from '../validation/fields.ts';

const text = (): PropertyDecorator => (target, property) => {
  ApiPropertyOptional()(target, property);
  IsOptional()(target, property);
  IsString()(target, property);
  MaxLength(200)(target, property);
};

const instant =
  (description: string): PropertyDecorator =>
  (target, property) => {
    ApiPropertyOptional({ format: 'date-time', description })(target, property);
    IsOptional()(target, property);
    IsInstant()(target, property);
  };

export class AuditQuery extends PageQuery {
  /** Id or name of who did it. */
  @text()
  actor?: string;

  @text()
  actor_type?: string;

  @text()
  action?: string;

  @text()
  resource_type?: string;

  @text()
  resource_id?: string;

  @text()
  ip?: string;

  @text()
  request_id?: string;

  @instant('Included')
  from?: string;

  @instant('Excluded')
  to?: string;
}

export class AuditExportQuery extends AuditQuery {
  @ApiPropertyOptional({ enum: ['ndjson', 'csv'] })
  @IsIn(['ndjson', 'csv'])
  format: 'ndjson' | 'csv' = 'ndjson';
}

export class AuditActor {
  @ApiProperty({ enum: ['api_key', 'admin_user', 'portal', 'system'] })
  type!: string;

  @ApiProperty()
  id!: string;

  @ApiProperty()
  name!: string;
}

export class AuditEntryResponse {
  @ApiProperty()
  id!: string;

  @ApiProperty({ description: 'Gapless, from 1' })
  sequence!: number;

  @ApiProperty({ format: 'date-time' })
  timestamp!: string;

  @ApiProperty({ type: AuditActor })
  actor!: AuditActor;

  @ApiProperty({ type: String, nullable: true })
  ip!: string | null;

  @ApiProperty()
  request_id!: string;

  @ApiProperty({ example: 'client.update' })
  action!: string;

  @ApiProperty({ example: 'client' })
  resource_type!: string;

  @ApiProperty({ example: 'cl_acme' })
  resource_id!: string;

  @ApiProperty({ description: 'The configuration revision it made, or found' })
  revision!: number;

  @ApiProperty({
    type: Object,
    nullable: true,
    description: 'The complete resource, secrets aside',
  })
  before!: unknown;

  @ApiProperty({ type: Object, nullable: true })
  after!: unknown;

  @ApiProperty()
  previous_hash!: string;

  @ApiProperty()
  hash!: string;
}

export class AuditVerification {
  @ApiProperty()
  valid!: boolean;

  @ApiProperty({ description: 'How many were looked at' })
  entries!: number;

  @ApiProperty({ description: 'Hash of the newest entry' })
  head!: string;

  @ApiPropertyOptional({ description: 'Where the chain breaks first' })
  broken_at?: number;

  @ApiPropertyOptional()
  reason?: string;
}
