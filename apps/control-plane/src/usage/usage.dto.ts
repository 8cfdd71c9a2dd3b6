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

  @ApiProperty({ description: 'Means nothing where `source` is null' })
  used!: number;

  @ApiProperty()
  remaining!: number;

  @ApiProperty({ format: 'date-time', description: 'Whole again by then, if nothing more is used' })
  resets_at!: string;

  @ApiProperty({
    type: String,
    enum: ['authority', 'node', 'ledger', null],
    nullable: true,
    description:
      'Whose figure it is: of the authority that gateways share, of gateways that count each for itself, or of the ledger that bills are made from; null: nobody who could know can be heard',
  })
  source!: 'authority' | 'node' | 'ledger' | null;

  @ApiProperty({
    type: String,
    format: 'date-time',
    nullable: true,
    description:
      'When it was true; null where that is not known: no gateway can be heard, and the ledger may be as old as their silence',
  })
  as_of!: string | null;

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

  @ApiProperty({
    type: [UsageDayDto],
    nullable: true,
    description: 'Admitted calls by UTC day and profile; null while the log store does not answer',
  })
  days!: readonly UsageDayDto[] | null;

  @ApiProperty({
    type: String,
    nullable: true,
    description: 'Why there are no days, or null',
    example: null,
  })
  days_unavailable!: string | null;
}

export const toUsageDto = ({ limits, days }: ClientUsageReport): UsageDto => ({
  limits: limits.map(({ resets_at_ms, as_of_ms, ...limit }) => ({
    ...limit,
    resets_at: new Date(resets_at_ms).toISOString(),
    as_of: as_of_ms === null ? null : new Date(as_of_ms).toISOString(),
  })),
  days,
  days_unavailable: days === null ? 'The log store does not answer right now.' : null,
});
