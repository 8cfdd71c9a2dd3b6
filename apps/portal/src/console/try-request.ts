import type { TryRequest } from '../api/types.ts';
import type { CallPlan } from './call-plan.ts';
import type { Auth } from './use-auth.ts';

/** The portal adds the auth headers itself; only a token it cannot make has to come from here. */
export function toTryRequest(
  endpointId: string,
  plan: CallPlan,
  { profile, needsToken, accessToken }: Pick<Auth, 'profile' | 'needsToken' | 'accessToken'>,
): TryRequest {
  const headers = Object.fromEntries(plan.headers.map(({ name, value }) => [name, value]));
  if (needsToken) headers.Authorization = `Bearer ${accessToken.trim()}`;
  return {
    profile_id: profile?.id ?? '',
    endpoint_id: endpointId,
    method: plan.method,
    path_params: plan.pathParams,
    query: groupByName(plan.query),
    headers,
    ...(plan.body === undefined ? {} : { body: plan.body }),
  };
}

function groupByName(
  pairs: readonly (readonly [string, string])[],
): Record<string, string | string[]> {
  const grouped: Record<string, string | string[]> = {};
  for (const [name, value] of pairs) {
    const before = grouped[name];
    grouped[name] = before === undefined ? value : [before, value].flat();
  }
  return grouped;
}
