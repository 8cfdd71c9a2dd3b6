import { ApiProperty } from '@nestjs/swagger';
import type { ClientUsageReport } from './client-usage.service.ts';

export class UsageScopeDto {
  @ApiProperty({ enum: ['client', 'profile'] })
  kind!: 'client' | 'profile';

  @ApiProperty()
  id!: string;
}

export class UsageLimitDto {
  @ApiProperty({ example: '1m', description: 'Window of a rate limit, or period of the quota' })
  name!: string;

  @ApiProperty({ enum: ['rate', 'quota'] })
  kind!: 'rate' | 'quota';

  @ApiProperty()
  limit!: number;

  @ApiProperty()
  used!: number;

  @ApiProperty()
  remaining!: number;

  @ApiProperty({ format: 'date-time', description: 'Whole again by then, if nothing more is used' })
  resets_at!: string;

  @ApiProperty({ type: UsageScopeDto, description: 'Whose calls count together' })
  scope!: UsageScopeDto;
}

export class UsageDayDto {
  @ApiProperty({ format: 'date', example: '2026-11-21' })
  day!: string;

  @ApiProperty()
  profile_id!: string;

  @ApiProperty()
  admitted!: number;
}

export class UsageDto {
  @ApiProperty({ type: [UsageLimitDto] })
  limits!: UsageLimitDto[];

  @ApiProperty({ type: [UsageDayDto], description: 'Admitted calls by UTC day and profile' })
  days!: readonly UsageDayDto[];
}

export const toUsageDto = ({ limits, days }: ClientUsageReport): UsageDto => ({
  limits: limits.map(({ name, kind, limit, used, remaining, resets_at_ms, scope }) => ({
    name,
    kind,
    limit,
    used,
    remaining,
    resets_at: new Date(resets_at_ms).toISOString(),
    scope,
  })),
  days,
});
