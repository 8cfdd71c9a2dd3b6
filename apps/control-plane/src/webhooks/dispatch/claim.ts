import type { DataSource } from 'typeorm';

/** A delivery that this process, and no other, attempts now. */
export interface Claimed {
  readonly id: string;
  readonly webhook_id: string;
  readonly event_id: string;
  readonly body: string;
  readonly url: string;
  readonly sealed: string;
  /** This one included; also fences the outcome against whoever claims after us. */
  readonly attempts: number;
  readonly attempts_max: number;
}

export interface Claim {
  readonly now: Date;
  /** By when the outcome must be stored; after that the delivery is anybody's again. */
  readonly lockedUntil: Date;
  readonly slots: number;
  /** Webhooks that have their share of slots already: a slow receiver must not starve the others. */
  readonly busyWebhookIds: readonly string[];
  readonly perWebhook: number;
}

/** Materialized: inlined, the planner could run it once per row and claim more than there are slots. */
const CLAIM = `
with due as materialized (
  select waiting.id, w.url, w.sealed
  from webhooks w cross join lateral (
    select d.id, d.next_attempt_at from webhook_deliveries d
    where d.webhook_id = w.id and d.status = 'pending' and d.next_attempt_at <= $1
      and (d.locked_until is null or d.locked_until <= $1)
      and (w.active or d.event_type = 'webhook.test')
    order by d.next_attempt_at limit $5
    for update skip locked
  ) waiting
  where not (w.id = any($4::text[]))
  order by waiting.next_attempt_at limit $3
)
update webhook_deliveries d
set attempts = d.attempts + 1, locked_until = $2, last_attempt_at = $1
from due where d.id = due.id
returning d.id, d.webhook_id, d.event_id, d.body, d.attempts, d.attempts_max, due.url, due.sealed`;

export async function claimDue(dataSource: DataSource, claim: Claim): Promise<Claimed[]> {
  const { now, lockedUntil, slots, busyWebhookIds, perWebhook } = claim;
  const [rows] = (await dataSource.query(CLAIM, [
    now,
    lockedUntil,
    slots,
    busyWebhookIds,
    perWebhook,
  ])) as [Claimed[], number];
  return rows;
}
