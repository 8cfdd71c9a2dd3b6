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
 * Whose figure it is: what the shared authority enforces, or enforced when it was last heard; what
 * gateway nodes counted each for itself; or, of a quota that none of them knows or of which the ledger
 * knows more, what the ledger has.
 */
export type LimitSource = 'authority' | 'node' | 'ledger';

export interface SourcedLimit extends LimitState {
  /** Null where nobody can say what is used: `used` is then 0, and means nothing. */
  readonly source: LimitSource | null;
  /** Unix ms at which it was true, by the clock of whoever said it; null where that is not known. */
  readonly as_of_ms: number | null;
}

/**
 * Where each limit of a policy stands. What the shared authority says counts, or said last; without
 * one every node knows its own part only, and the parts are added up. `quotaUsed` comes from the ledger
 * and is all there is to go by when no gateway node answers. It may then be as old as their silence.
 */
export function limitUsage(
  limits: Limits,
  reports: readonly UsageReport[],
  { quotaUsed, nowMs }: { readonly quotaUsed: number; readonly nowMs: number },
): SourcedLimit[] {
  const known = combine(reports, nowMs);
  const ledgers = { source: 'ledger', as_of_ms: reports.length > 0 ? nowMs : null } as const;
  return definedLimits(limits, nowMs).map(({ name, kind, limit, endMs }) => {
    const heard = known.get(`${kind} ${name}`);
    const booked = kind === 'quota' ? quotaUsed : 0;
    const used = Math.max(heard?.used ?? 0, booked);
    const remaining = Math.max(0, limit - used);
    const resets = { resets_at_ms: heard?.resets_at_ms ?? endMs };
    const unheard = kind === 'quota' ? ledgers : NOBODYS;
    const { source, as_of_ms } = heard !== undefined && heard.used >= booked ? heard : unheard;
    return { name, kind, limit, used, remaining, ...resets, source, as_of_ms };
  });
}

const NOBODYS = { source: null, as_of_ms: null } as const;

interface Heard {
  readonly used: number;
  readonly resets_at_ms: number;
  readonly source: 'authority' | 'node';
  /** Of figures added up, the oldest. */
  readonly as_of_ms: number;
}

function combine(reports: readonly UsageReport[], nowMs: number): ReadonlyMap<string, Heard> {
  const word =
    newest(reports.filter(({ authoritative }) => authoritative)) ??
    withoutPast(newest(reports.filter(({ last_heard }) => last_heard)), nowMs);
  const heard = new Map<string, Heard>();
  for (const report of word === undefined ? reports : [word]) {
    for (const state of report.limits) {
      const key = `${state.kind} ${state.name}`;
      const before = heard.get(key) ?? { used: 0, resets_at_ms: 0, as_of_ms: report.as_of_ms };
      heard.set(key, {
        source: word === undefined ? 'node' : 'authority',
        as_of_ms: Math.min(before.as_of_ms, report.as_of_ms),
        used: before.used + state.used,
        resets_at_ms: Math.max(before.resets_at_ms, state.resets_at_ms),
      });
    }
  }
  return heard;
}

/** What the authority said to one node it said of all of them: a second report is no further part. */
const newest = (reports: readonly UsageReport[]): UsageReport | undefined =>
  reports.toSorted((left, right) => right.as_of_ms - left.as_of_ms)[0];

/** A window that has passed since, or a period, leaves nothing to be said of the one that runs. */
function withoutPast(report: UsageReport | undefined, nowMs: number): UsageReport | undefined {
  const isOfNow = ({ kind, used, resets_at_ms }: LimitState): boolean =>
    resets_at_ms > nowMs || (kind === 'rate' && used === 0);
  return report && { ...report, limits: report.limits.filter(isOfNow) };
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
