import type { LimitState } from '@portico/contracts';
import type { MeterVerdict } from '@portico/enforcement';
import type { QuotaLimit, WindowLimit } from './limit-plan.ts';

const NO_LIMITS: readonly LimitState[] = [];

/** Unlimited, and still counted by the usage deltas. */
export const UNLIMITED: MeterVerdict = { kind: 'granted', limits: () => NO_LIMITS };

/** A limit with nothing left. */
export interface Exhausted {
  readonly state: LimitState;
  /** Milliseconds until there is something left if nobody else takes it. */
  readonly waitMs: number;
}

export function rateState(window: WindowLimit, used: number, resetsAtMs: number): LimitState {
  return limitState({ name: window.name, kind: 'rate', limit: window.limit }, used, resetsAtMs);
}

export function quotaState(quota: QuotaLimit, used: number, resetsAtMs: number): LimitState {
  return limitState({ name: quota.period, kind: 'quota', limit: quota.limit }, used, resetsAtMs);
}

function limitState(
  identity: Pick<LimitState, 'name' | 'kind' | 'limit'>,
  used: number,
  resetsAtMs: number,
): LimitState {
  const remaining = Math.max(0, identity.limit - used);
  return { ...identity, used, remaining, resets_at_ms: Math.ceil(resetsAtMs) };
}

/** Rate limits answer before the quota; the wait is for all of them, so that obeying it succeeds. */
export function refusal(
  exhausted: readonly Exhausted[],
  limits: () => readonly LimitState[],
): MeterVerdict {
  const rates = exhausted.filter(({ state }) => state.kind === 'rate');
  const answering = rates.length > 0 ? rates : exhausted;
  const longest = answering.reduce((a, b) => (b.waitMs > a.waitMs ? b : a));
  const waitMs = Math.max(...exhausted.map((one) => one.waitMs));
  return {
    kind: 'refused',
    code: longest.state.kind === 'rate' ? 'rate_limit_exceeded' : 'quota_exceeded',
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
    limits,
    exceeded: longest.state,
  };
}

/** Refuses by these limits, which then show nothing left until then, whatever was last known of them. */
export function refusalBy(
  states: () => readonly LimitState[],
  names: readonly string[],
  waitMs: number,
  unixMs: number,
): MeterVerdict {
  const untilMs = Math.ceil(unixMs + waitMs);
  const usedUp = (state: LimitState): LimitState =>
    names.includes(state.name)
      ? {
          ...state,
          used: Math.max(state.used, state.limit),
          remaining: 0,
          resets_at_ms:
            state.kind === 'rate' ? Math.max(state.resets_at_ms, untilMs) : state.resets_at_ms,
        }
      : state;
  const exhausted = states().filter(({ name }) => names.includes(name));
  return refusal(
    exhausted.map((state) => ({ state: usedUp(state), waitMs })),
    () => states().map(usedUp),
  );
}

/** Nobody could be asked in time; what is shown is what is known, and nothing is said to be used up. */
export function refusalForNow(limits: () => readonly LimitState[]): MeterVerdict {
  const exceeded = limits().reduce((a, b) =>
    b.remaining / b.limit < a.remaining / a.limit ? b : a,
  );
  return {
    kind: 'refused',
    code: 'rate_limit_exceeded',
    ...{ retryAfterSeconds: 1, limits, exceeded, reason: 'lease_timeout' },
  };
}
