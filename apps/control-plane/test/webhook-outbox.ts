import { randomBytes } from 'node:crypto';
import { createLogger, createMetrics } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import { loadControlPlaneConfig } from '../src/config.ts';
import { Vault } from '../src/vault/vault.ts';
import { WebhookDeliveryEntity } from '../src/webhooks/deliveries/delivery.entity.ts';
import { WebhookDispatcher } from '../src/webhooks/dispatch/webhook-dispatcher.ts';
import type { WebhookEventType } from '../src/webhooks/webhook-event.ts';
import { webhookSettings, type WebhookSettings } from '../src/webhooks/webhook-settings.ts';

/** A clock that only the test moves. */
export interface Clock {
  nowMs: number;
}

const config = loadControlPlaneConfig({
  DATABASE_URL: 'postgres://unused',
  PORTICO_ENCRYPTION_KEY: 'a master secret for tests',
  PORTICO_DATA_DIR: '/nonexistent',
});
export const vault = new Vault(config);

export function dispatcherOver(
  dataSource: DataSource,
  clock: Clock,
  over: Partial<WebhookSettings> & { readonly log?: (line: string) => void } = {},
): WebhookDispatcher {
  const { log = () => undefined, ...settings } = over;
  return new WebhookDispatcher({
    dataSource,
    vault,
    settings: { ...webhookSettings({ env: {} }), isPrivateAllowed: true, ...settings },
    logger: createLogger({
      service: 'test',
      level: 'trace',
      destination: { write: log },
    }),
    metrics: createMetrics(),
    now: () => clock.nowMs,
    random: () => 0,
  });
}

/** Answers the signing secret. */
export async function insertWebhook(
  dataSource: DataSource,
  webhook: { id: string; url: string; events: readonly WebhookEventType[]; active?: boolean },
): Promise<string> {
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  const { sealed, key_id } = vault.sealToken(secret);
  const { id, url, events, active = true } = webhook;
  await dataSource.query(
    `insert into webhooks (id, url, events, active, sealed, key_id, created_at, updated_at)
     values ($1, $2, $3, $4, $5, $6, now(), now())`,
    [id, url, events, active, sealed, key_id],
  );
  return secret;
}

export const deliveriesOf = (
  dataSource: DataSource,
  webhook_id: string,
): Promise<WebhookDeliveryEntity[]> =>
  dataSource.manager.find(WebhookDeliveryEntity, { where: { webhook_id }, order: { id: 'ASC' } });
