import { parseEnv } from '@portico/telemetry';
import { z } from 'zod';
import type { ControlPlaneConfig } from '../config.ts';

const int = (min: number, max: number, value: number) =>
  z.coerce.number().int().min(min).max(max).default(value);

/** What webhooks read beside the settings that every part shares. */
const schema = z.object({
  WEBHOOK_ALLOW_PRIVATE: z.enum(['true', 'false']).default('false'),
  WEBHOOK_TIMEOUT_MS: int(100, 60_000, 10_000),
  WEBHOOK_POLL_MS: int(10, 60_000, 1_000),
  WEBHOOK_HISTORY_DAYS: int(1, 3_650, 30),
  MAX_WEBHOOK_DELIVERIES: int(1, 256, 16),
});

export interface WebhookSettings {
  /** Deliver to loopback, private and link-local addresses too. */
  readonly isPrivateAllowed: boolean;
  /** From the first packet to the end of the answer, ms. */
  readonly timeoutMs: number;
  /** How often it is looked for deliveries that are due, ms. */
  readonly pollMs: number;
  /** How long finished deliveries are kept. */
  readonly historyDays: number;
  /** At the same time, in this process. */
  readonly deliveriesMax: number;
}

export function webhookSettings(config: Pick<ControlPlaneConfig, 'env'>): WebhookSettings {
  const values = parseEnv(schema, config.env);
  return {
    isPrivateAllowed: values.WEBHOOK_ALLOW_PRIVATE === 'true',
    timeoutMs: values.WEBHOOK_TIMEOUT_MS,
    pollMs: values.WEBHOOK_POLL_MS,
    historyDays: values.WEBHOOK_HISTORY_DAYS,
    deliveriesMax: values.MAX_WEBHOOK_DELIVERIES,
  };
}
