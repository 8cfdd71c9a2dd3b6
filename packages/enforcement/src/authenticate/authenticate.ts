import type { CompiledProfile } from '../compiled.ts';
import type { DecisionContext, InboundRequest } from '../decision.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED } from './bearer.ts';
import { authenticateJwt } from './jwt.ts';
import { authenticateMtls } from './mtls.ts';
import { authenticateOidc } from './oidc.ts';
import { authenticateToken } from './token.ts';

/** Row 5: is this caller the profile it says it is? */
export function authenticate(
  profile: CompiledProfile,
  request: InboundRequest,
  context: DecisionContext,
): AuthOutcome {
  const { auth } = profile;
  switch (auth.type) {
    case 'token':
      return authenticateToken(auth, request, context.nowMs);
    case 'jwt':
      return authenticateJwt(profile, auth, { request, context });
    case 'oidc':
      return authenticateOidc(profile, auth, { request, context });
    case 'mtls':
      return authenticateMtls(profile, auth, { request, context });
    case 'none':
      return AUTHENTICATED;
  }
}

export const BEARER_CHALLENGE = 'Bearer realm="portico"';
/** No registered scheme asks for a TLS client certificate; RFC 9110 wants some challenge on a 401. */
const CERTIFICATE_CHALLENGE = 'Certificate realm="portico"';

/** What goes into `WWW-Authenticate`; RFC 6750, 3 says what is in a bearer challenge. */
export function challenge(
  profile: CompiledProfile,
  outcome: Extract<AuthOutcome, { kind: 'invalid' }>,
): string {
  if (profile.auth.type === 'mtls') return CERTIFICATE_CHALLENGE;
  if (outcome.error === null) return BEARER_CHALLENGE;
  return `${BEARER_CHALLENGE}, error="${outcome.error}", error_description="${outcome.reason}"`;
}
