import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import type { AlertEvent } from './alert.entity.ts';

export type Audience = 'admin' | 'partner';

/** A mail that an alert owes somebody; written with the alert, so that none can be forgotten. */
@Entity('alert_mails')
@Check('alert_mails_audience', `audience in ('admin', 'partner')`)
@Index('alert_mails_unsent', ['posted_at'], { where: 'sent_at is null' })
@Index('alert_mails_created', ['created_at'])
export class AlertMailEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'alert_mails_pkey' })
  id!: string;

  @Column({ type: 'text' })
  recipient!: string;

  /** Partners are told about themselves, and nothing of ours. */
  @Column({ type: 'text' })
  audience!: Audience;

  @Column({ type: 'jsonb' })
  event!: AlertEvent;

  @Column(timestamp)
  created_at!: Date;

  /** When it was last handed to the mail queue, which forgets what a dying process held. */
  @Column({ ...timestamp, nullable: true })
  posted_at!: Date | null;

  @Column({ ...timestamp, nullable: true })
  sent_at!: Date | null;
}
