import type { snapshotPolicySchema } from '@portico/contracts';
import type { z } from 'zod';
import type { PolicyEntity } from '../policies/policy.entity.ts';

/** What nodes get of a policy: alerts are not theirs. */
export const toSnapshotPolicy = (policy: PolicyEntity): z.input<typeof snapshotPolicySchema> => ({
  id: policy.id,
  name: policy.name,
  active: policy.active,
  rate_limits: policy.rate_limits,
  quota: policy.quota,
  mode: policy.mode,
  on_outage: policy.on_outage,
});
