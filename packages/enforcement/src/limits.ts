import type { LimitState, SnapshotPolicy } from '@portico/contracts';
import type { CompiledClient, CompiledProfile, ConfigIndex } from './compiled.ts';
import type { MeterPolicy, MeterScope } from './decision.ts';

/** Whose limits a call counts against: its profile's own, else the client's, all profiles together. */
export function meterScope(
  index: ConfigIndex,
  client: CompiledClient,
  profile: Pick<CompiledProfile, 'policyId' | 'usageScope'>,
): MeterScope {
  const policyId = profile.policyId ?? client.policyId;
  return { key: profile.usageScope, policy: policyOf(index, policyId) };
}

function policyOf(index: ConfigIndex, policyId: string | null): MeterPolicy | null {
  const policy = policyId === null ? undefined : index.policyById.get(policyId);
  // `compile` has refused a policy that does not exist: undefined is only "none named" here.
  return policy === undefined || !policy.active ? null : toMeterPolicy(policy);
}

const compiledPolicies = new WeakMap<SnapshotPolicy, MeterPolicy>();

/** One object per policy and revision, so that a meter can tell by identity that nothing changed. */
function toMeterPolicy(policy: SnapshotPolicy): MeterPolicy {
  const known = compiledPolicies.get(policy);
  if (known !== undefined) return known;
  const compiled: MeterPolicy = {
    id: policy.id,
    rateLimits: policy.rate_limits,
    quota: policy.quota,
    mode: policy.mode,
    onOutage: policy.on_outage,
  };
  compiledPolicies.set(policy, compiled);
  return compiled;
}

const PERIOD_NAME: Readonly<Record<string, string>> = {
  day: 'daily',
  week: 'weekly',
  month: 'monthly',
};

/** Says which quota is used up and when it starts anew. */
export function quotaMessage({ name, limit, resets_at_ms }: LimitState): string {
  const resets = new Date(resets_at_ms).toISOString();
  return `You have used up your ${PERIOD_NAME[name] ?? name} quota of ${limit} requests. It resets at ${resets}.`;
}
