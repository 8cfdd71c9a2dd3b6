import { versionFields } from '../writes/versions.ts';
import type { PolicyFields, PolicyResponse } from './policy.dto.ts';
import type { PolicyEntity } from './policy.entity.ts';

/** What an admin may write: the document that a patch is merged into. */
export const toPolicyFields = (policy: PolicyEntity): PolicyFields => ({
  name: policy.name,
  description: policy.description,
  active: policy.active,
  rate_limits: policy.rate_limits,
  quota: policy.quota,
  mode: policy.mode,
  on_outage: policy.on_outage,
  alert_thresholds: policy.alert_thresholds,
  alert_partner: policy.alert_partner,
});

export const toPolicyResponse = (policy: PolicyEntity): PolicyResponse => ({
  id: policy.id,
  ...toPolicyFields(policy),
  ...versionFields(policy),
});
