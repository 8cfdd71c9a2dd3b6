import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintAsNumber, bigintKey, timestamp } from '../database/columns.ts';

/** One admin action. Append-only (a trigger refuses anything else) and chained by hash. */
@Entity('audit_log')
@Index('audit_log_id', ['id'], { unique: true })
@Index('audit_log_at', ['at'])
@Index('audit_log_resource', ['resource_type', 'resource_id', 'sequence'])
@Index('audit_log_actor', ['actor_id', 'sequence'])
export class AuditEntryEntity {
  /** Gapless from 1. */
  @PrimaryColumn(bigintKey('audit_log_pkey'))
  sequence!: number;

  @Column({ type: 'text' })
  id!: string;

  @Column(timestamp)
  at!: Date;

  @Column({ type: 'text' })
  actor_type!: string;

  @Column({ type: 'text' })
  actor_id!: string;

  @Column({ type: 'text' })
  actor_name!: string;

  @Column({ type: 'text', nullable: true })
  ip!: string | null;

  @Column({ type: 'text' })
  request_id!: string;

  /** `client.create`, `profile.rotate`, … */
  @Column({ type: 'text' })
  action!: string;

  @Column({ type: 'text' })
  resource_type!: string;

  @Column({ type: 'text' })
  resource_id!: string;

  /** The configuration revision this action made, or found. */
  @Column(bigintAsNumber)
  revision!: number;

  @Column({ type: 'jsonb', nullable: true })
  before!: unknown;

  @Column({ type: 'jsonb', nullable: true })
  after!: unknown;

  /** Hash of the entry before; 64 zeros for the first. */
  @Column({ type: 'text' })
  previous_hash!: string;

  @Column({ type: 'text' })
  hash!: string;
}
