import {
  DAY_MS,
  periodOf,
  utcDay,
  type LimitState,
  type Quota,
  type RateLimit,
  type UsageReport,
} from '@portico/contracts';

export interface Limits {
  readonly rate_limits: readonly RateLimit[];
  readonly quota: Quota | null;
}

/**
 * Whose figure it is: what the shared authority enforces, what gateway nodes counted each for itself,
 * or, where none of them answers or the ledger knows of more, what the ledger has.
 */
export type LimitSource = 'authority' | 'node' | 'ledger';

export interface SourcedLimit extends LimitState {
  readonly source: LimitSource;
  /** Unix ms at which it was true, by the clock of whoever said it. */
  readonly as_of_ms: number;
}

/**
 * Where each limit of a policy stands. What the shared authority says counts; without one every node
 * knows its own part only, and the parts are added up. `quotaUsed` comes from the ledger and is all
 * there is to go by when no gateway node answers: no node, no traffic, nothing in the windows.
 */
export function limitUsage(
  limits: Limits,
  reports: readonly UsageReport[],
  { quotaUsed, nowMs }: { readonly quotaUsed: number; readonly nowMs: number },
): SourcedLimit[] {
  const known = combine(reports);
  return definedLimits(limits, nowMs).map(({ name, kind, limit, endMs }) => {
    const heard = known.get(`${kind} ${name}`);
    const booked = kind === 'quota' ? quotaUsed : 0;
    const used = Math.max(heard?.used ?? 0, booked);
    const remaining = Math.max(0, limit - used);
    const resets = { resets_at_ms: heard?.resets_at_ms ?? endMs };
    const { source, as_of_ms } =
      heard === undefined || booked > heard.used
        ? ({ source: 'ledger', as_of_ms: nowMs } as const)
        : heard;
    return { name, kind, limit, used, remaining, ...resets, source, as_of_ms };
  });
}

interface Heard {
  readonly used: number;
  readonly resets_at_ms: number;
  readonly source: 'authority' | 'node';
  /** Of figures added up, the oldest. */
  readonly as_of_ms: number;
}

function combine(reports: readonly UsageReport[]): ReadonlyMap<string, Heard> {
  const authority = reports.filter(({ authoritative }) => authoritative);
  const newest = authority.toSorted((left, right) => right.as_of_ms - left.as_of_ms).slice(0, 1);
  const heard = new Map<string, Heard>();
  for (const report of newest.length > 0 ? newest : reports) {
    for (const state of report.limits) {
      const key = `${state.kind} ${state.name}`;
      const before = heard.get(key) ?? { used: 0, resets_at_ms: 0, as_of_ms: report.as_of_ms };
      heard.set(key, {
        source: report.authoritative ? 'authority' : 'node',
        as_of_ms: Math.min(before.as_of_ms, report.as_of_ms),
        used: before.used + state.used,
        resets_at_ms: Math.max(before.resets_at_ms, state.resets_at_ms),
      });
    }
  }
  return heard;
}

const definedLimits = ({ rate_limits, quota }: Limits, nowMs: number) => [
  ...rate_limits.map(({ requests, window }) => ({
    name: window as string,
    kind: 'rate' as const,
    limit: requests,
    endMs: nowMs,
  })),
  ...(quota === null
    ? []
    : [
        {
          name: quota.period as string,
          kind: 'quota' as const,
          limit: quota.requests,
          endMs: periodOf(quota.period, utcDay(nowMs)).endDay * DAY_MS,
        },
      ]),
];
