/** What a webhook may ask for. `webhook.test` goes to any webhook that an admin tries out. */
export const WEBHOOK_EVENTS = [
  'quota.threshold_reached',
  'credential.expiring',
  'node.lagging',
  'webhook.test',
] as const;
export type WebhookEventType = (typeof WEBHOOK_EVENTS)[number];

/** Whoever a limit counts for: a client with all its profiles, or a profile counted apart. */
export interface EventScope {
  readonly kind: 'client' | 'profile';
  readonly id: string;
  readonly name: string;
}

interface Named {
  readonly id: string;
  readonly name: string;
}

export interface QuotaThresholdReached {
  readonly scope: EventScope;
  readonly client: Named;
  readonly policy: Named;
  readonly quota: { readonly requests: number; readonly period: 'day' | 'week' | 'month' };
  /** Percent, as the policy names it. */
  readonly threshold: number;
  readonly used: number;
  /** Of the quota, rounded down. */
  readonly percent_used: number;
  readonly period_start: string;
  readonly resets_at: string;
}

export interface CredentialExpiring {
  readonly client: Named;
  readonly profile: Named & { readonly environment: string };
  readonly credential:
    | { readonly kind: 'token' }
    | { readonly kind: 'certificate'; readonly subject: string; readonly sha256: string };
  readonly expires_at: string;
  /** 7 or 1. */
  readonly days_before: number;
}

export interface NodeLagging {
  readonly node: string;
  readonly revision: number;
  readonly current_revision: number;
  readonly revisions_behind: number;
  readonly seconds_behind: number;
  readonly stale_reason: string | null;
}

export interface WebhookTest {
  readonly webhook_id: string;
  readonly message: string;
}

/** One kind of event with what it carries. */
export type WebhookEvent =
  | { readonly type: 'quota.threshold_reached'; readonly data: QuotaThresholdReached }
  | { readonly type: 'credential.expiring'; readonly data: CredentialExpiring }
  | { readonly type: 'node.lagging'; readonly data: NodeLagging }
  | { readonly type: 'webhook.test'; readonly data: WebhookTest };
