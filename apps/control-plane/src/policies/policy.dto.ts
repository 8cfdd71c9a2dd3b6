import {
  limitModeSchema,
  onOutageSchema,
  quotaSchema,
  rateLimitSchema,
  type LimitMode,
  type OnOutage,
  type Quota,
  type RateLimit,
} from '@portico/contracts';
import { ApiProperty, ApiPropertyOptional, IntersectionType, PartialType } from '@nestjs/swagger';
import { IsBoolean, IsString } from 'class-validator';
import { z } from 'zod';
import { ResourceResponse } from '../http/resource.dto.ts';
import { Contract, inheritContractFields } from '../validation/contract.ts';
import { IsDescription, IsName, IsOwnId } from '../validation/fields.ts';

const rateLimits = z
  .array(rateLimitSchema)
  .max(6)
  .refine(
    (limits) => new Set(limits.map(({ window }) => window)).size === limits.length,
    'must not name a window twice',
  );
const thresholds = z
  .array(z.int().min(1).max(100))
  .max(10)
  .refine(
    (percents) => new Set(percents).size === percents.length,
    'must not name a threshold twice',
  );

export class PolicyFields {
  @ApiProperty({ example: 'Enterprise Partner' })
  @IsName()
  name!: string;

  @ApiPropertyOptional()
  @IsDescription()
  description: string = '';

  @ApiPropertyOptional({ description: 'Inactive = unlimited; usage is still counted' })
  @IsBoolean()
  active: boolean = true;

  @Contract(rateLimits, { required: false, description: 'Sliding windows; all of them hold' })
  rate_limits: RateLimit[] = [];

  @Contract(quotaSchema.nullable(), { required: false, description: 'UTC calendar; null = none' })
  quota: Quota | null = null;

  @Contract(limitModeSchema, { required: false, description: '`strict` never overshoots' })
  mode: LimitMode = 'default';

  @Contract(onOutageSchema, { required: false, description: 'What holds while Redis is away' })
  on_outage: OnOutage = 'share';

  @Contract(thresholds, { required: false, description: 'Percent of the quota' })
  alert_thresholds: number[] = [80, 100];

  @ApiPropertyOptional({ description: 'Also tell the contact of the partner' })
  @IsBoolean()
  alert_partner: boolean = false;
}

export class CreatePolicy extends PolicyFields {
  @IsOwnId('policy')
  id?: string;
}
inheritContractFields(PolicyFields, CreatePolicy);

export class PatchPolicy extends PartialType(PolicyFields) {}
inheritContractFields(PolicyFields, PatchPolicy);

export class PolicyResponse extends IntersectionType(PolicyFields, ResourceResponse) {
  @ApiProperty({ example: 'pol_enterprise_partner' })
  @IsString()
  id!: string;
}
inheritContractFields(PolicyFields, PolicyResponse);
