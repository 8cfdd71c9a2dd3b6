import { Inject, Injectable } from '@nestjs/common';
import { usageScope, type LimitState, type UsageDay } from '@portico/contracts';
import type { Feeds } from '@portico/messaging';
import { DataSource, In } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { notFound } from '../http/api-error.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import { LogIngestClient } from '../request-logs/log-ingest.client.ts';
import { FEEDS } from '../tokens.ts';
import { limitUsage } from './limit-usage.ts';
import { quotaPeriod, utcDay } from './quota-period.ts';

/** How long gateway nodes have to say where a limit stands. */
const ASK_TIMEOUT_MS = 300;
/** A quota month, and room to look back. */
const DAYS_SHOWN = 62;
const DAY_MS = 86_400_000;

export interface ScopedLimit extends LimitState {
  /** `client`, or a profile that is counted apart, by a policy of its own. */
  readonly scope: { readonly kind: 'client' | 'profile'; readonly id: string };
}

export interface ClientUsageReport {
  readonly limits: readonly ScopedLimit[];
  /** Newest day last; a day without calls is left out. */
  readonly days: readonly UsageDay[];
}

interface Metered {
  readonly kind: 'client' | 'profile';
  readonly id: string;
  readonly policy: PolicyEntity;
  /** Whose calls count against it. */
  readonly profileIds: ReadonlySet<string>;
}

/** What a client has used: of its limits as enforced right now, and by day as bills will say. */
@Injectable()
export class ClientUsage {
  constructor(
    private readonly dataSource: DataSource,
    private readonly logs: LogIngestClient,
    @Inject(FEEDS) private readonly feeds: Feeds,
  ) {}

  async of(clientId: string, nowMs: number = Date.now()): Promise<ClientUsageReport> {
    const metered = await this.meteredScopes(clientId);
    const from = utcDay(nowMs - DAYS_SHOWN * DAY_MS);
    const days = await this.logs.usage({ client_id: clientId, from, to: utcDay(nowMs) });
    const limits = await Promise.all(metered.map((one) => this.limitsOf(one, days, nowMs)));
    return { limits: limits.flat(), days };
  }

  private async limitsOf(
    { kind, id, policy, profileIds }: Metered,
    days: readonly UsageDay[],
    nowMs: number,
  ): Promise<ScopedLimit[]> {
    const reports = await this.feeds.usage.askUsage(usageScope(kind, id), ASK_TIMEOUT_MS);
    const { quota } = policy;
    const fromDay = quota === null ? null : utcDay(quotaPeriod(quota.period, nowMs).startMs);
    const counted = days.filter(
      ({ day, profile_id }) => fromDay !== null && day >= fromDay && profileIds.has(profile_id),
    );
    const quotaUsed = counted.reduce((sum, { admitted }) => sum + admitted, 0);
    const states = limitUsage(policy, reports, { quotaUsed, nowMs });
    return states.map((state) => ({ ...state, scope: { kind, id } }));
  }

  private async meteredScopes(clientId: string): Promise<Metered[]> {
    const [client, profiles] = await Promise.all([
      this.dataSource.getRepository(ClientEntity).findOneBy({ id: clientId }),
      this.dataSource.getRepository(ProfileEntity).findBy({ client_id: clientId }),
    ]);
    if (client === null) throw notFound();
    const ids = [client.policy_id, ...profiles.map(({ policy_id }) => policy_id)];
    const policies = await this.dataSource
      .getRepository(PolicyEntity)
      .findBy({ id: In(ids.filter((id) => id !== null)), active: true });
    const policyOf = (id: string | null) => policies.find((policy) => policy.id === id);
    const shared = profiles.filter(({ policy_id }) => policy_id === null);
    const scopes = [
      { kind: 'client' as const, id: client.id, policy: policyOf(client.policy_id), of: shared },
      ...profiles
        .filter(({ policy_id }) => policy_id !== null)
        .map((one) => ({
          kind: 'profile' as const,
          id: one.id,
          policy: policyOf(one.policy_id),
          of: [one],
        })),
    ];
    return scopes.flatMap(({ kind, id, policy, of }) =>
      policy === undefined
        ? []
        : [{ kind, id, policy, profileIds: new Set(of.map((profile) => profile.id)) }],
    );
  }
}
