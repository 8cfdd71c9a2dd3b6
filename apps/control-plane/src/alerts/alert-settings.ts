import { parseEnv } from '@portico/telemetry';
import { z } from 'zod';
import type { ControlPlaneConfig } from '../config.ts';

const schema = z.object({
  ALERT_CHECK_INTERVAL_MS: z.coerce.number().int().min(50).max(3_600_000).default(30_000),
  NODE_LAG_ALERT_SECONDS: z.coerce.number().int().min(1).max(86_400).default(30),
  NODE_LAG_ALERT_REVISIONS: z.coerce.number().int().min(1).max(1_000_000).default(100),
});

export interface AlertSettings {
  readonly intervalMs: number;
  /** A node that is behind for longer, or by more, is lagging. */
  readonly lag: { readonly seconds: number; readonly revisions: number };
}

export function alertSettings(config: Pick<ControlPlaneConfig, 'env'>): AlertSettings {
  const values = parseEnv(schema, config.env);
  return {
    intervalMs: values.ALERT_CHECK_INTERVAL_MS,
    lag: { seconds: values.NODE_LAG_ALERT_SECONDS, revisions: values.NODE_LAG_ALERT_REVISIONS },
  };
}
