import type { QuotaPeriod, UsageTotal, UsageTotalsQuery } from '@portico/contracts';
import { quotaPeriod, utcDay } from '../../usage/quota-period.ts';
import type { CheckContext } from '../check-context.ts';
import { fireNew } from '../fire.ts';
import { quotaAlerts } from './quota-alerts.ts';
import { readProfilesCountedApart, readQuotaScopes, usedOf } from './quota-scope.ts';

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
  for (const period of periods) {
    const from = utcDay(quotaPeriod(period, nowMs).startMs);
    totals.set(period, await usageTotals({ from, to: utcDay(nowMs) }));
  }
  const used = usedOf(totals, await readProfilesCountedApart(dataSource));
  const alerts = scopes.flatMap((scope) => quotaAlerts(scope, used(scope), { nowMs, adminEmail }));
  return fireNew(dataSource, alerts, new Date(nowMs));
}
