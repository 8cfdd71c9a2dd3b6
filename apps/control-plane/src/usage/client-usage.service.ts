import { Inject, Injectable } from '@nestjs/common';
import {
  dayText,
  periodOf,
  usageScope,
  utcDay,
  type UsageDay,
  type UsageReport,
} from '@portico/contracts';
import type { Feeds } from '@portico/messaging';
import { DataSource, In } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { ApiError, notFound } from '../http/api-error.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import { ProfileEntity } from '../profiles/profile.entity.ts';
import { LogIngestClient } from '../request-logs/log-ingest.client.ts';
import { FEEDS } from '../tokens.ts';
import { limitUsage, type SourcedLimit } from './limit-usage.ts';

/** How long gateway nodes have to say where a limit stands. */
const ASK_TIMEOUT_MS = 300;
/** A quota month, and room to look back. */
const DAYS_SHOWN = 62;

export interface ScopedLimit extends SourcedLimit {
  /** `client`, or a profile that is counted apart, by a policy of its own. */
  readonly scope: { readonly kind: 'client' | 'profile'; readonly id: string };
}

export interface ClientUsageReport {
  readonly limits: readonly ScopedLimit[];
  /** Newest day last; a day without calls is left out. Null while the log store is away. */
  readonly days: readonly ProfileDay[] | null;
}

/** Admitted calls of a profile on a UTC day, whatever they counted against. */
export type ProfileDay = Omit<UsageDay, 'apart'>;

type Ledger = readonly UsageDay[] | ApiError;

interface Metered {
  readonly kind: 'client' | 'profile';
  readonly id: string;
  readonly policy: PolicyEntity;
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
    const [ledger, reports] = await Promise.all([
      this.ledgerOf(clientId, nowMs),
      Promise.all(
        metered.map(({ kind, id }) =>
          this.feeds.usage.askUsage(usageScope(kind, id), ASK_TIMEOUT_MS),
        ),
      ),
    ]);
    const limits = metered.flatMap((one, at) =>
      limitsOf(one, { reports: reports[at] ?? [], ledger, nowMs }),
    );
    return { limits, days: ledger instanceof ApiError ? null : profileDays(ledger) };
  }

  private async ledgerOf(clientId: string, nowMs: number): Promise<Ledger> {
    const today = utcDay(nowMs);
    const from = dayText(today - DAYS_SHOWN);
    try {
      return await this.logs.usage({ client_id: clientId, from, to: dayText(today) });
    } catch (error) {
      if (error instanceof ApiError && error.code === 'log_store_unavailable') return error;
      throw error;
    }
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
    const scopes = [
      { kind: 'client' as const, id: client.id, policy: policyOf(client.policy_id) },
      ...profiles.map(({ id, policy_id }) => ({
        kind: 'profile' as const,
        id,
        policy: policyOf(policy_id),
      })),
    ];
    return scopes.flatMap(({ policy, ...scope }) =>
      policy === undefined ? [] : [{ ...scope, policy }],
    );
  }
}

interface Known {
  readonly reports: readonly UsageReport[];
  readonly ledger: Ledger;
  readonly nowMs: number;
}

function limitsOf(metered: Metered, { reports, ledger, nowMs }: Known): ScopedLimit[] {
  const { kind, id, policy } = metered;
  const quotaUsed = ledger instanceof ApiError ? 0 : countedIn(metered, ledger, nowMs);
  const states = limitUsage(policy, reports, { quotaUsed, nowMs });
  // Neither a gateway nor the ledger can say what is used of the quota: better no answer than "0".
  const isUnknown = states.some(({ kind: of, source }) => of === 'quota' && source === 'ledger');
  if (ledger instanceof ApiError && isUnknown) throw ledger;
  return states.map((state) => ({ ...state, scope: { kind, id } }));
}

/**
 * Used of the quota in this period, by the ledger, which has of every call what it counted against:
 * what has become of its profile since changes nothing.
 */
function countedIn(
  { kind, id, policy: { quota } }: Metered,
  days: readonly UsageDay[],
  nowMs: number,
): number {
  if (quota === null) return 0;
  const fromDay = dayText(periodOf(quota.period, utcDay(nowMs)).firstDay);
  const isOfScope = ({ apart, profile_id }: UsageDay): boolean =>
    kind === 'client' ? !apart : apart && profile_id === id;
  return days
    .filter((row) => row.day >= fromDay && isOfScope(row))
    .reduce((sum, { admitted }) => sum + admitted, 0);
}

/** One row per day and profile, in the order of the ledger. */
function profileDays(rows: readonly UsageDay[]): ProfileDay[] {
  const days = new Map<string, ProfileDay>();
  for (const { day, profile_id, admitted } of rows) {
    const key = `${day} ${profile_id}`;
    const before = days.get(key)?.admitted ?? 0;
    days.set(key, { day, profile_id, admitted: before + admitted });
  }
  return [...days.values()];
}
