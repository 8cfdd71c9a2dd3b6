import type { CompiledProfile } from '../compiled.ts';
import type { DecisionContext, InboundRequest } from '../decision.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED, invalidToken, readBearer } from './bearer.ts';
import type { CompiledJwt, VerificationKey } from './compiled-auth.ts';
import { isSignatureValid } from './jose/algorithms.ts';
import { checkClaims } from './jose/claims.ts';
import type { CompactJwt } from './jose/compact-jwt.ts';
import { parseCompactJwt } from './jose/compact-jwt.ts';

/** Tokens the partner signs itself, with a key this profile knows. */
export function authenticateJwt(
  profile: CompiledProfile,
  auth: CompiledJwt,
  { request, context }: { request: InboundRequest; context: DecisionContext },
): AuthOutcome {
  const bearer = readBearer(request);
  if (!bearer.ok) return bearer.outcome;
  const { nowMs, verifiedTokens } = context;
  const known = verifiedTokens.get(profile, bearer.token);
  if (known && nowMs >= known.notBeforeMs && nowMs < known.validUntilMs) return AUTHENTICATED;

  const jwt = parseCompactJwt(bearer.token);
  if (jwt === null) return NOT_A_JWT;
  if (!auth.algorithms.has(jwt.algorithm)) return WRONG_ALGORITHM;
  const key = signingKey(auth.keys, jwt, nowMs);
  if (key === undefined) return WRONG_SIGNATURE;
  const claims = checkClaims(jwt.claims, auth.claims, nowMs);
  if (!claims.ok) return invalidToken(claims.reason);
  verifiedTokens.set(profile, bearer.token, {
    // A rotated-out secret must not live on in the cache.
    validUntilMs: Math.min(claims.valid.validUntilMs, key.expiresAtMs),
    notBeforeMs: claims.valid.notBeforeMs,
  });
  return AUTHENTICATED;
}

export const NOT_A_JWT = invalidToken('not a signed JWT');
export const WRONG_ALGORITHM = invalidToken('the signature algorithm is not allowed');
export const WRONG_SIGNATURE = invalidToken('no key of this profile made this signature');

/** The key that made the signature. A key with a kid is only tried for tokens that name it, or none. */
function signingKey(
  keys: readonly VerificationKey[],
  jwt: CompactJwt,
  nowMs: number,
): VerificationKey | undefined {
  return keys.find(
    (key) =>
      nowMs < key.expiresAtMs &&
      key.algorithms.includes(jwt.algorithm) &&
      (key.kid === null || jwt.kid === undefined || key.kid === jwt.kid) &&
      isSignatureValid(jwt.algorithm, key.key, jwt),
  );
}
