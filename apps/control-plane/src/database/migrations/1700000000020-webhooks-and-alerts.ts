import type { MigrationInterface, QueryRunner } from 'typeorm';

const WEBHOOKS = `
create table webhooks (
  id text constraint webhooks_pkey primary key,
  url text not null,
  events text[] not null,
  active boolean not null default true,
  sealed text not null,
  key_id text not null,
  created_at timestamptz(3) not null,
  updated_at timestamptz(3) not null,
  version integer not null default 1
);
create index webhooks_page on webhooks (created_at, id);

create table webhook_deliveries (
  id text constraint webhook_deliveries_pkey primary key,
  webhook_id text not null
    constraint webhook_deliveries_webhook_fkey references webhooks (id) on delete cascade,
  event_id text not null,
  event_type text not null,
  body text not null,
  status text not null default 'pending',
  attempts integer not null default 0,
  attempts_max integer not null,
  next_attempt_at timestamptz(3),
  locked_until timestamptz(3),
  last_attempt_at timestamptz(3),
  response_status integer,
  response_body text,
  latency_ms integer,
  error text,
  created_at timestamptz(3) not null,
  constraint webhook_deliveries_status check (status in ('pending', 'delivered', 'failed'))
);
create index webhook_deliveries_page on webhook_deliveries (webhook_id, id);
create index webhook_deliveries_due on webhook_deliveries (webhook_id, next_attempt_at)
  where status = 'pending';
create index webhook_deliveries_created on webhook_deliveries (created_at);`;

const ALERTS = `
create table alerts (
  key text constraint alerts_pkey primary key,
  kind text not null,
  event_id text not null,
  fired_at timestamptz(3) not null,
  constraint alerts_kind
    check (kind in ('quota.threshold_reached', 'credential.expiring', 'node.lagging'))
);
create index alerts_fired on alerts (fired_at);

create table alert_mails (
  id uuid constraint alert_mails_pkey primary key,
  recipient text not null,
  audience text not null,
  event jsonb not null,
  created_at timestamptz(3) not null,
  posted_at timestamptz(3),
  sent_at timestamptz(3),
  constraint alert_mails_audience check (audience in ('admin', 'partner'))
);
create index alert_mails_unsent on alert_mails (posted_at) where sent_at is null;
create index alert_mails_created on alert_mails (created_at);`;

export class WebhooksAndAlerts1700000000020 implements MigrationInterface {
  name = 'WebhooksAndAlerts1700000000020';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(WEBHOOKS);
    await runner.query(ALERTS);
  }

  down(): Promise<void> {
    return Promise.reject(new Error('Migrations go forward only: restore a backup instead.'));
  }
}
