import type { Quota, UsageTotal } from '@portico/contracts';
import { createLogger, createMetrics } from '@portico/telemetry';
import type { DataSource } from 'typeorm';
import { AlertJob, type AlertJobParts } from '../src/alerts/alert-job.ts';
import type { Clock } from './webhook-outbox.ts';

const silent = createLogger({ service: 'test', level: 'silent' });

export const alertJob = (
  dataSource: DataSource,
  clock: Clock,
  over: Partial<AlertJobParts> = {},
): AlertJob =>
  new AlertJob({
    dataSource,
    logger: silent,
    metrics: createMetrics(),
    settings: { intervalMs: 60_000, lag: { seconds: 30, revisions: 100 } },
    adminEmail: 'admin@portico.test',
    usageTotals: () => Promise.resolve([]),
    heartbeats: () => [],
    postMail: () => undefined,
    onFired: () => undefined,
    now: () => clock.nowMs,
    ...over,
  });

export async function insertPolicy(
  dataSource: DataSource,
  policy: { id: string; quota: Quota; thresholds?: readonly number[]; isPartnerTold?: boolean },
): Promise<void> {
  const { id, quota, thresholds = [80, 100], isPartnerTold = false } = policy;
  await dataSource.query(
    `insert into policies
       (id, name, rate_limits, quota, alert_thresholds, alert_partner, created_at, updated_at)
     values ($1, $1, '[]', $2, $3, $4, now(), now())`,
    [id, JSON.stringify(quota), thresholds, isPartnerTold],
  );
}

export const insertClient = (
  dataSource: DataSource,
  {
    id,
    policy = null,
    email = null,
  }: { id: string; policy?: string | null; email?: string | null },
): Promise<unknown> =>
  dataSource.query(
    `insert into clients (id, name, email, policy_id, created_at, updated_at)
     values ($1, 'The ' || $1, $3, $2, now(), now())`,
    [id, policy, email],
  );

export const insertProfile = (
  dataSource: DataSource,
  profile: { id: string; client: string; policy?: string; type?: string; auth?: unknown },
): Promise<unknown> =>
  dataSource.query(
    `insert into profiles (id, client_id, name, environment, auth_type, auth, allowed_methods,
                           allowed_ips, policy_id, created_at, updated_at)
     values ($1, $2, 'main', 'production', $4, $5, '{}', '{}', $3, now(), now())`,
    [
      profile.id,
      profile.client,
      profile.policy ?? null,
      profile.type ?? 'token',
      JSON.stringify(profile.auth ?? {}),
    ],
  );

export const used = (
  client_id: string,
  profile_id: string,
  admitted: number,
  apart = false,
): UsageTotal => ({ client_id, profile_id, apart, admitted });
