import {
  dayText,
  periodOf,
  utcDay,
  type QuotaPeriod,
  type UsageTotal,
  type UsageTotalsQuery,
} from '@portico/contracts';
import type { CheckContext } from '../check-context.ts';
import { fireNew } from '../fire.ts';
import { quotaAlerts } from './quota-alerts.ts';
import { readQuotaScopes, usedOf } from './quota-scope.ts';

export type UsageTotals = (query: UsageTotalsQuery) => Promise<readonly UsageTotal[]>;

/** Compares what everybody has used, by the ledger, with the thresholds of their policies. */
export async function checkQuotas(
  { dataSource, nowMs, adminEmail }: CheckContext,
  usageTotals: UsageTotals,
): Promise<number> {
  const scopes = await readQuotaScopes(dataSource);
  if (scopes.length === 0) return 0;
  const periods = new Set(scopes.map(({ quota }) => quota.period));
  const totals = new Map<QuotaPeriod, readonly UsageTotal[]>();
  const today = utcDay(nowMs);
  for (const period of periods) {
    const from = dayText(periodOf(period, today).firstDay);
    totals.set(period, await usageTotals({ from, to: dayText(today) }));
  }
  const used = usedOf(totals);
  const alerts = scopes.flatMap((scope) => quotaAlerts(scope, used(scope), { nowMs, adminEmail }));
  return fireNew(dataSource, alerts, new Date(nowMs));
}
