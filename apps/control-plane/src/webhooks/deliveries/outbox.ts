import type { EntityManager } from 'typeorm';
import { uuidv7obj } from 'uuidv7';
import type { WebhookEvent } from '../webhook-event.ts';
import { ATTEMPTS_MAX } from '../dispatch/retry-schedule.ts';
import { WebhookDeliveryEntity } from './delivery.entity.ts';

export interface Occasion {
  /** The transaction of what happened: a delivery exists if and only if that was committed. */
  readonly manager: EntityManager;
  readonly now: Date;
}

/** One delivery for every active webhook that asked for this kind of event. */
export async function announce(
  occasion: Occasion,
  event: WebhookEvent,
  eventId = newEventId(),
): Promise<void> {
  const rows: { id: string }[] = await occasion.manager.query(
    'select id from webhooks where active and $1 = any(events) order by id',
    [event.type],
  );
  const webhookIds = rows.map(({ id }) => id);
  await record(occasion, event, { eventId, webhookIds });
}

/** For one webhook alone, whether it asked for it or not. */
export async function announceTo(
  webhookId: string,
  occasion: Occasion,
  event: WebhookEvent,
): Promise<WebhookDeliveryEntity> {
  const [delivery] = await record(occasion, event, {
    eventId: newEventId(),
    webhookIds: [webhookId],
  });
  return delivery!;
}

async function record(
  { manager, now }: Occasion,
  event: WebhookEvent,
  { eventId, webhookIds }: { eventId: string; webhookIds: readonly string[] },
): Promise<WebhookDeliveryEntity[]> {
  const { type, data } = event;
  const body = JSON.stringify({ id: eventId, type, timestamp: now.toISOString(), data });
  const deliveries = webhookIds.map((webhook_id) =>
    manager.create(WebhookDeliveryEntity, {
      id: `whd_${uuidv7obj().toHex()}`,
      webhook_id,
      event_id: eventId,
      event_type: type,
      body,
      status: 'pending',
      attempts: 0,
      attempts_max: ATTEMPTS_MAX,
      next_attempt_at: now,
      created_at: now,
    }),
  );
  if (deliveries.length > 0) await manager.insert(WebhookDeliveryEntity, deliveries as never);
  return deliveries;
}

export const newEventId = (): string => `evt_${uuidv7obj().toHex()}`;
