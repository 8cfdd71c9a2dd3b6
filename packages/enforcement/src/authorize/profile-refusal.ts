import type { AuthType, Method, Upstream } from '@portico/contracts';
import type { MethodSet } from '../route/methods.ts';
import { methodBit } from '../route/methods.ts';

export interface ScopedProfile {
  readonly environment: string;
  readonly auth: { readonly type: AuthType };
  readonly methods: MethodSet;
}

export interface ScopedEndpoint {
  readonly authTypes: ReadonlySet<AuthType>;
}

export interface ScopedUpstreams {
  readonly upstreams: ReadonlyMap<string, Upstream>;
}

/**
 * Rows 9 (the profile's half), 10 and 11: what a profile takes away from what its client may call.
 * The portal asks the same to say whether a profile can try an endpoint. Null = nothing.
 */
export function profileRefusal(
  profile: ScopedProfile,
  collection: ScopedUpstreams,
  endpoint: ScopedEndpoint,
  method: Method | string,
): 'method_not_allowed' | 'auth_type_not_allowed' | 'environment_not_available' | null {
  if ((profile.methods & methodBit(method)) === 0) return 'method_not_allowed';
  if (!endpoint.authTypes.has(profile.auth.type)) return 'auth_type_not_allowed';
  if (!collection.upstreams.has(profile.environment)) return 'environment_not_available';
  return null;
}
