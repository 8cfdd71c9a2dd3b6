import type { CompiledProfile } from '../compiled.ts';
import type { DecisionContext, InboundRequest } from '../decision.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED } from './bearer.ts';
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
    case 'none':
      return AUTHENTICATED;
  }
}

/** RFC 9110 wants a challenge on every 401; RFC 6750 says what is in a bearer one. */
export function challenge(
  profile: CompiledProfile,
  outcome: Extract<AuthOutcome, { kind: 'invalid' }>,
): string {
  if (outcome.error === null) return BEARER_CHALLENGE;
  return `${BEARER_CHALLENGE}, error="${outcome.error}", error_description="${outcome.reason}"`;
}

export const BEARER_CHALLENGE = 'Bearer realm="portico"';
