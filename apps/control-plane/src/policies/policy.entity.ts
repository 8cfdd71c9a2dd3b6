import type { LimitMode, OnOutage, Quota, RateLimit } from '@portico/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';

/** Reusable limits: sliding windows and a calendar quota. */
@Entity('policies')
@Check('policies_mode', `mode in ('default', 'strict')`)
@Check('policies_on_outage', `on_outage in ('share', 'open', 'closed')`)
@Index('policies_page', ['created_at', 'id'])
export class PolicyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'policies_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @Column({ type: 'jsonb' })
  rate_limits!: RateLimit[];

  @Column({ type: 'jsonb', nullable: true })
  quota!: Quota | null;

  @Column({ type: 'text', default: 'default' })
  mode!: LimitMode;

  @Column({ type: 'text', default: 'share' })
  on_outage!: OnOutage;

  /** Percentages of the quota at which somebody is told. */
  @Column({ type: 'integer', array: true })
  alert_thresholds!: number[];

  @Column({ type: 'boolean', default: false })
  alert_partner!: boolean;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
