import type { Quota, QuotaPeriod, UsageTotal } from '@portico/contracts';
import type { DataSource } from 'typeorm';

/** Whose calls count together against one quota, and who has to hear of it. */
export interface QuotaScope {
  readonly kind: 'client' | 'profile';
  readonly id: string;
  readonly name: string;
  readonly client_id: string;
  readonly client_name: string;
  readonly client_email: string | null;
  readonly policy_id: string;
  readonly policy_name: string;
  readonly quota: Quota;
  readonly alert_thresholds: readonly number[];
  readonly alert_partner: boolean;
}

const POLICY = `
  p.id as policy_id, p.name as policy_name, p.quota, p.alert_thresholds, p.alert_partner`;
const WATCHED = `p.active and p.quota is not null and p.alert_thresholds <> '{}' and c.active`;

/** Every scope with a quota that somebody wants to hear about. */
export const readQuotaScopes = (dataSource: DataSource): Promise<QuotaScope[]> =>
  dataSource.query(
    `select 'client' as kind, c.id, c.name, c.id as client_id, c.name as client_name,
            c.email as client_email, ${POLICY}
     from clients c join policies p on p.id = c.policy_id where ${WATCHED}
     union all
     select 'profile', f.id, f.name, c.id, c.name, c.email, ${POLICY}
     from profiles f join clients c on c.id = f.client_id join policies p on p.id = f.policy_id
     where f.active and ${WATCHED}`,
  );

export type Used = (scope: QuotaScope) => number;

/**
 * Counts as gateway nodes did: each call against the policy that it was admitted by, whatever has
 * become of its profile since.
 */
export function usedOf(totals: ReadonlyMap<QuotaPeriod, readonly UsageTotal[]>): Used {
  const counts = new Map<string, number>();
  for (const [period, rows] of totals) {
    for (const { client_id, profile_id, apart, admitted } of rows) {
      const key = `${period} ${apart ? `profile ${profile_id}` : `client ${client_id}`}`;
      counts.set(key, (counts.get(key) ?? 0) + admitted);
    }
  }
  return ({ quota, kind, id }) => counts.get(`${quota.period} ${kind} ${id}`) ?? 0;
}
