import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import type { WebhookEventType } from './webhook-event.ts';

/** An address of the operator's that is told what happens. */
@Entity('webhooks')
@Index('webhooks_page', ['created_at', 'id'])
export class WebhookEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'webhooks_pkey' })
  id!: string;

  @Column({ type: 'text' })
  url!: string;

  @Column({ type: 'text', array: true })
  events!: WebhookEventType[];

  /** While false nothing new is recorded for it, and what is waiting goes on waiting. */
  @Column({ type: 'boolean', default: true })
  active!: boolean;

  /** The signing secret, AES-256-GCM under the vault key. */
  @Column({ type: 'text' })
  sealed!: string;

  @Column({ type: 'text' })
  key_id!: string;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
