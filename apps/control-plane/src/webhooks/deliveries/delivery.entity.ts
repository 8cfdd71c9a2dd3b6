import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../../database/columns.ts';
import { WebhookEntity } from '../webhook.entity.ts';
import type { WebhookEventType } from '../webhook-event.ts';

export const DELIVERY_STATUSES = ['pending', 'delivered', 'failed'] as const;
export type DeliveryStatus = (typeof DELIVERY_STATUSES)[number];

/**
 * One event for one webhook, and how far it has got. Written in the transaction of what it tells of:
 * pending → (attempt) → delivered, or pending again at `next_attempt_at`, or failed for good.
 */
@Entity('webhook_deliveries')
@Check('webhook_deliveries_status', `status in ('pending', 'delivered', 'failed')`)
@Index('webhook_deliveries_page', ['webhook_id', 'id'])
@Index('webhook_deliveries_due', ['webhook_id', 'next_attempt_at'], {
  where: `status = 'pending'`,
})
@Index('webhook_deliveries_created', ['created_at'])
export class WebhookDeliveryEntity {
  /** Sorts by time. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'webhook_deliveries_pkey' })
  id!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => WebhookEntity, {
    name: 'webhook_deliveries_webhook_fkey',
    onDelete: 'CASCADE',
  })
  webhook_id!: string;

  /** The same for every webhook that is told, and for every attempt: receivers deduplicate by it. */
  @Column({ type: 'text' })
  event_id!: string;

  @Column({ type: 'text' })
  event_type!: WebhookEventType;

  /** Exactly what is sent and signed. */
  @Column({ type: 'text' })
  body!: string;

  @Column({ type: 'text', default: 'pending' })
  status!: DeliveryStatus;

  @Column({ type: 'integer', default: 0 })
  attempts!: number;

  /** Attempts after which it is given up; a retry by hand allows one more. */
  @Column({ type: 'integer' })
  attempts_max!: number;

  @Column({ ...timestamp, nullable: true })
  next_attempt_at!: Date | null;

  /** While an attempt runs: whoever made it owns the row until then, and no longer if it dies. */
  @Column({ ...timestamp, nullable: true })
  locked_until!: Date | null;

  @Column({ ...timestamp, nullable: true })
  last_attempt_at!: Date | null;

  @Column({ type: 'integer', nullable: true })
  response_status!: number | null;

  /** The beginning of the last answer's body. */
  @Column({ type: 'text', nullable: true })
  response_body!: string | null;

  @Column({ type: 'integer', nullable: true })
  latency_ms!: number | null;

  @Column({ type: 'text', nullable: true })
  error!: string | null;

  @Column(timestamp)
  created_at!: Date;
}
