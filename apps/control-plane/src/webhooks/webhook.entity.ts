import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { WebhookEventType } from './webhook-event.ts';
import { VersionedEntity } from '../writes/versioned.entity.ts';

/** An address of the operator's that is told what happens. */
@Entity('webhooks')
@Index('webhooks_page', ['created_at', 'id'])
export class WebhookEntity extends VersionedEntity {
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
}
