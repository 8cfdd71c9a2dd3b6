import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import type { WebhookEvent } from '../webhooks/webhook-event.ts';

/** Everything we speak of unasked. */
export type AlertEvent = Exclude<WebhookEvent, { type: 'webhook.test' }>;

/**
 * What has been told already. The key names the occasion (scope, period and threshold; a
 * credential and its end; a node that lags): a second row of it cannot exist, whoever tries.
 */
@Entity('alerts')
@Check('alerts_kind', `kind in ('quota.threshold_reached', 'credential.expiring', 'node.lagging')`)
@Index('alerts_fired', ['fired_at'])
export class AlertEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'alerts_pkey' })
  key!: string;

  @Column({ type: 'text' })
  kind!: AlertEvent['type'];

  @Column({ type: 'text' })
  event_id!: string;

  @Column(timestamp)
  fired_at!: Date;
}
