import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import type { WebhookEvent } from '../webhooks/webhook-event.ts';

/** A mail that an alert owes somebody; written with the alert, so that none can be forgotten. */
@Entity('alert_mails')
@Index('alert_mails_unsent', ['posted_at'], { where: 'sent_at is null' })
@Index('alert_mails_created', ['created_at'])
export class AlertMailEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'alert_mails_pkey' })
  id!: string;

  @Column({ type: 'text' })
  recipient!: string;

  @Column({ type: 'jsonb' })
  event!: WebhookEvent;

  @Column(timestamp)
  created_at!: Date;

  /** When it was last handed to the mail queue, which forgets what a dying process held. */
  @Column({ ...timestamp, nullable: true })
  posted_at!: Date | null;

  @Column({ ...timestamp, nullable: true })
  sent_at!: Date | null;
}
