import { DAY_MS, dayText, periodOf, utcDay, type DaySpan } from '@portico/contracts';
import type { Alert } from '../fire.ts';
import { recipientsOf } from '../recipients.ts';
import type { QuotaScope } from './quota-scope.ts';

/** One alert for every threshold of the scope's policy that its use has reached in this period. */
export function quotaAlerts(
  scope: QuotaScope,
  used: number,
  { nowMs, adminEmail }: { readonly nowMs: number; readonly adminEmail: string | null },
): Alert[] {
  const period = periodOf(scope.quota.period, utcDay(nowMs));
  const recipients = recipientsOf(adminEmail, {
    email: scope.client_email,
    isTold: scope.alert_partner,
  });
  const reached = [...new Set(scope.alert_thresholds)]
    .filter((threshold) => used * 100 >= scope.quota.requests * threshold)
    .toSorted((left, right) => left - right);
  return reached.map((threshold) => ({
    key: keyOf(scope, threshold, period),
    event: { type: 'quota.threshold_reached', data: describe(scope, { threshold, used, period }) },
    recipients,
  }));
}

/** Without the policy: whoever is moved to another one in mid-period is not told the same again. */
const keyOf = ({ kind, id, quota }: QuotaScope, threshold: number, { firstDay }: DaySpan): string =>
  ['quota', kind, id, quota.period, dayText(firstDay), threshold].join(' ');

const describe = (
  scope: QuotaScope,
  { threshold, used, period }: { threshold: number; used: number; period: DaySpan },
) => ({
  scope: { kind: scope.kind, id: scope.id, name: scope.name },
  client: { id: scope.client_id, name: scope.client_name },
  policy: { id: scope.policy_id, name: scope.policy_name },
  quota: { requests: scope.quota.requests, period: scope.quota.period },
  threshold,
  used,
  percent_used: Math.floor((used * 100) / scope.quota.requests),
  period_start: isoOf(period.firstDay),
  resets_at: isoOf(period.endDay),
});

const isoOf = (day: number): string => new Date(day * DAY_MS).toISOString();
