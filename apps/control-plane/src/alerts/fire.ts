import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { announce, newEventId } from '../webhooks/deliveries/outbox.ts';
import { AlertMailEntity, type Audience } from './alert-mail.entity.ts';
import type { AlertEvent } from './alert.entity.ts';

export interface Recipient {
  readonly address: string;
  readonly audience: Audience;
}

/** Something that is to be told once. */
export interface Alert {
  /** Names the occasion; the same key is never told twice. */
  readonly key: string;
  readonly event: AlertEvent;
  readonly recipients: readonly Recipient[];
}

const KEYS_PER_LOOK = 5_000;

/** Tells those that have not been told, each in a transaction of its own. Answers how many. */
export async function fireNew(
  dataSource: DataSource,
  alerts: readonly Alert[],
  now: Date,
): Promise<number> {
  let fired = 0;
  for (let from = 0; from < alerts.length; from += KEYS_PER_LOOK) {
    const portion = alerts.slice(from, from + KEYS_PER_LOOK);
    const told = await alreadyTold(dataSource, portion);
    for (const alert of portion) {
      if (!told.has(alert.key) && (await fire(dataSource, alert, now))) fired += 1;
    }
  }
  return fired;
}

/**
 * The row, the deliveries and the mails stand or fall together. False when it has been told: of two
 * replicas that try at once, the second waits here for the first, and then finds its row.
 */
export function fire(dataSource: DataSource, alert: Alert, now: Date): Promise<boolean> {
  return dataSource.transaction(async (manager) => {
    const eventId = newEventId();
    const claimed: unknown[] = await manager.query(
      `insert into alerts (key, kind, event_id, fired_at) values ($1, $2, $3, $4)
       on conflict do nothing returning key`,
      [alert.key, alert.event.type, eventId, now],
    );
    if (claimed.length === 0) return false;
    await announce({ manager, now }, alert.event, eventId);
    await owe(manager, alert, now);
    return true;
  });
}

async function owe(manager: EntityManager, { event, recipients }: Alert, now: Date): Promise<void> {
  const mails = recipients.map(({ address, audience }) => ({
    id: randomUUID(),
    recipient: address,
    audience,
    event,
    created_at: now,
  }));
  if (mails.length > 0) await manager.insert(AlertMailEntity, mails as never);
}

async function alreadyTold(
  dataSource: DataSource,
  alerts: readonly Alert[],
): Promise<ReadonlySet<string>> {
  const rows: { key: string }[] = await dataSource.query(
    'select key from alerts where key = any($1::text[])',
    [alerts.map(({ key }) => key)],
  );
  return new Set(rows.map(({ key }) => key));
}
