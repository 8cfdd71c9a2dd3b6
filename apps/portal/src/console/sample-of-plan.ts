import type { SampleCall } from '../samples/sample-call.ts';
import { planTarget } from './call-plan.ts';
import type { CallPlan } from './call-plan.ts';
import type { Auth } from './use-auth.ts';

/** The planned call with the profile's headers in front: what Send does, to run elsewhere. */
export function toSampleCall(
  plan: CallPlan,
  { headers, gatewayUrl, profile }: Pick<Auth, 'headers' | 'gatewayUrl' | 'profile'>,
): SampleCall {
  return {
    method: plan.method,
    url: `${gatewayUrl}${planTarget(plan)}`,
    headers: [...headers, ...plan.headers],
    body: plan.body,
    withCertificate: profile?.auth_type === 'mtls',
  };
}
