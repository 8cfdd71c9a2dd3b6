import type { CompiledProfile } from '../compiled.ts';
import type { DecisionContext, InboundRequest } from '../decision.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED, invalidToken, readBearer } from './bearer.ts';
import type { CompiledOidc } from './compiled-auth.ts';
import { algorithmsOf, isSignatureValid } from './jose/algorithms.ts';
import { checkClaims, includes, scopesOf } from './jose/claims.ts';
import type { CompactJwt } from './jose/compact-jwt.ts';
import { parseCompactJwt } from './jose/compact-jwt.ts';
import { NOT_A_JWT, WRONG_ALGORITHM } from './jwt.ts';

/** How long a checked token is believed without looking at the issuer's keys again. */
const TRUSTED_FOR_MS = 300_000;

/** Access tokens of an identity provider, checked with the keys it publishes. */
export function authenticateOidc(
  profile: CompiledProfile,
  auth: CompiledOidc,
  { request, context }: { request: InboundRequest; context: DecisionContext },
): AuthOutcome {
  const bearer = readBearer(request);
  if (!bearer.ok) return bearer.outcome;
  const { nowMs, verifiedTokens } = context;
  const known = verifiedTokens.get(profile, bearer.token);
  if (known && nowMs >= known.notBeforeMs && nowMs < known.validUntilMs) return AUTHENTICATED;

  const jwt = parseCompactJwt(bearer.token);
  if (jwt === null) return NOT_A_JWT;
  // An issuer's keys are public: an HMAC with one of them proves nothing.
  if (jwt.algorithm.startsWith('HS')) return WRONG_ALGORITHM;
  // Claims first: a token that is wrong anyway must not make anybody fetch keys.
  const claims = checkClaims(jwt.claims, auth.claims, nowMs);
  if (!claims.ok) return invalidToken(claims.reason);
  const missing = missingGrant(auth, jwt);
  if (missing !== null) return invalidToken(missing);

  const found = context.keys.find(auth.issuer, auth.jwksUri, jwt.kid, jwt.algorithm);
  if (found.kind === 'pending') return { kind: 'pending', ready: found.ready };
  if (found.kind === 'unknown') return UNKNOWN_KEY;
  const isSigned = found.keys.some(
    (key) => algorithmsOf(key).includes(jwt.algorithm) && isSignatureValid(jwt.algorithm, key, jwt),
  );
  if (!isSigned) return WRONG_SIGNATURE;
  verifiedTokens.set(profile, bearer.token, {
    validUntilMs: Math.min(claims.valid.validUntilMs, nowMs + TRUSTED_FOR_MS),
    notBeforeMs: claims.valid.notBeforeMs,
  });
  return AUTHENTICATED;
}

const UNKNOWN_KEY = invalidToken('the issuer has no such signing key');
const WRONG_SIGNATURE = invalidToken('no key of the issuer made this signature');

function missingGrant(auth: CompiledOidc, { claims }: CompactJwt): string | null {
  if (auth.requiredScopes.length > 0) {
    const scopes = scopesOf(claims);
    if (!auth.requiredScopes.every((scope) => scopes.has(scope))) {
      return 'the token lacks a required scope';
    }
  }
  const hasClaims = auth.requiredClaims.every(
    ([name, value]) => Object.hasOwn(claims, name) && includes(claims[name], value),
  );
  return hasClaims ? null : 'the token lacks a required claim';
}
