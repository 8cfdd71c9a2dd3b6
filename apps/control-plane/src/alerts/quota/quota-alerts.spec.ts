import { describe, expect, it } from '@jest/globals';
import type { QuotaPeriod } from '@portico/contracts';
import { quotaAlerts } from './quota-alerts.ts';
import { usedOf, type QuotaScope } from './quota-scope.ts';

const scope = (over: Partial<QuotaScope> = {}): QuotaScope => ({
  kind: 'client',
  id: 'cl_acme',
  name: 'Acme',
  client_id: 'cl_acme',
  client_name: 'Acme',
  client_email: 'ops@acme.test',
  policy_id: 'pol_gold',
  policy_name: 'Gold',
  quota: { requests: 1_000, period: 'month' },
  alert_thresholds: [100, 80],
  alert_partner: false,
  ...over,
});
const at = (iso: string, adminEmail: string | null = 'admin@portico.test') => ({
  nowMs: Date.parse(iso),
  adminEmail,
});
const NOW = at('2026-11-21T12:00:00Z');

describe('quota alerts', () => {
  it.each([
    [0, []],
    [799, []],
    [800, [80]],
    [999, [80]],
    [1_000, [80, 100]],
    [1_500, [80, 100]],
  ])('given %s of 1000 used, speak of %j', (used, thresholds) => {
    const alerts = quotaAlerts(scope(), used, NOW);
    expect(alerts.map(({ event }) => (event.data as { threshold: number }).threshold)).toEqual(
      thresholds,
    );
  });

  it.each<[QuotaPeriod, string, string, string]>([
    ['day', '2026-11-21T23:59:59.999Z', '2026-11-21', '2026-11-22'],
    ['day', '2026-11-22T00:00:00.000Z', '2026-11-22', '2026-11-23'],
    ['week', '2026-11-22T23:59:59.999Z', '2026-11-16', '2026-11-23'],
    ['week', '2026-11-23T00:00:00.000Z', '2026-11-23', '2026-11-30'],
    ['week', '2027-01-01T00:00:00.000Z', '2026-12-28', '2027-01-04'],
    ['month', '2028-02-29T23:59:59.999Z', '2028-02-01', '2028-03-01'],
    ['month', '2026-12-31T23:59:59.999Z', '2026-12-01', '2027-01-01'],
  ])('of a %s at %s, run from %s to %s', (period, now, from, to) => {
    const [alert] = quotaAlerts(scope({ quota: { requests: 10, period } }), 9, at(now));
    expect(alert!.event.data).toMatchObject({
      period_start: `${from}T00:00:00.000Z`,
      resets_at: `${to}T00:00:00.000Z`,
    });
    expect(alert!.key).toBe(`quota client cl_acme ${period} ${from} 80`);
  });

  it('go to the partner only where the policy says so, and to nobody twice', () => {
    const addresses = (over: Partial<QuotaScope>, adminEmail: string | null) =>
      quotaAlerts(scope(over), 800, at('2026-11-21T12:00:00Z', adminEmail))[0]!.recipients.map(
        ({ address, audience }) => `${audience} ${address}`,
      );
    expect(addresses({}, 'a@p.test')).toEqual(['admin a@p.test']);
    expect(addresses({ alert_partner: true }, 'a@p.test')).toEqual([
      'admin a@p.test',
      'partner ops@acme.test',
    ]);
    expect(addresses({ alert_partner: true }, 'OPS@acme.test')).toEqual(['admin OPS@acme.test']);
    expect(addresses({ alert_partner: true, client_email: null }, null)).toEqual([]);
  });

  it('count each call against what admitted it, whatever has become of its profile', () => {
    const of = { client_id: 'cl_acme', apart: false };
    const usage = [
      { ...of, profile_id: 'pr_a', admitted: 3 },
      { ...of, profile_id: 'pr_deleted', admitted: 4 },
      { ...of, profile_id: 'pr_deleted', apart: true, admitted: 1_000 },
      { ...of, profile_id: 'pr_own', admitted: 20 },
      { ...of, profile_id: 'pr_own', apart: true, admitted: 50 },
      { ...of, client_id: 'cl_other', profile_id: 'pr_x', admitted: 600 },
    ];
    const used = usedOf(new Map([['month', usage]]));
    expect(used(scope())).toBe(27);
    expect(used(scope({ kind: 'profile', id: 'pr_own' }))).toBe(50);
    expect(used(scope({ quota: { requests: 1, period: 'day' } }))).toBe(0);
  });
});
