import type { VerifiedClaims } from '../../decision.ts';
import type { ClaimRules } from '../compiled-auth.ts';

export type ClaimsCheck =
  | { readonly ok: true; readonly valid: VerifiedClaims }
  | { readonly ok: false; readonly reason: string };

type Claims = Readonly<Record<string, unknown>>;

/** RFC 7519, 4.1. `exp` is required: a token that never ends cannot be revoked by waiting. */
export function checkClaims(claims: Claims, rules: ClaimRules, nowMs: number): ClaimsCheck {
  const expiresMs = timeOf(claims, 'exp');
  const notBeforeMs = timeOf(claims, 'nbf');
  const issuedMs = timeOf(claims, 'iat');
  if (expiresMs === null || notBeforeMs === null || issuedMs === null) {
    return wrong('exp, nbf and iat must be numbers of seconds');
  }
  if (expiresMs === undefined) return wrong('the token has no exp');
  const { clockSkewMs, maxLifetimeMs } = rules;
  if (nowMs >= expiresMs + clockSkewMs) return wrong('the token has expired');
  if (notBeforeMs !== undefined && nowMs < notBeforeMs - clockSkewMs) {
    return wrong('the token is not valid yet');
  }
  if (issuedMs !== undefined && nowMs < issuedMs - clockSkewMs) {
    return wrong('the token was issued in the future');
  }
  // Without iat the rest of its life is what can be bounded.
  const lifetimeMs = expiresMs - (issuedMs ?? nowMs + clockSkewMs);
  if (lifetimeMs > maxLifetimeMs) return wrong('the token lives longer than this profile allows');
  if (rules.issuer !== null && claims['iss'] !== rules.issuer) return wrong('wrong issuer');
  if (rules.audience !== null && !includes(claims['aud'], rules.audience)) {
    return wrong('wrong audience');
  }
  const earliestMs = Math.max(notBeforeMs ?? 0, issuedMs ?? 0) - clockSkewMs;
  return { ok: true, valid: { validUntilMs: expiresMs + clockSkewMs, notBeforeMs: earliestMs } };
}

/** True when a claim is this value, or a list that holds it (RFC 7519, 4.1.3). */
export const includes = (claim: unknown, wanted: unknown): boolean =>
  claim === wanted || (Array.isArray(claim) && claim.includes(wanted));

/** The scopes a token carries: `scope` as one string (RFC 9068), or `scp` as a list or a string. */
export function scopesOf(claims: Claims): ReadonlySet<string> {
  const scopes = new Set<string>();
  for (const claim of [claims['scope'], claims['scp']]) {
    const values: readonly unknown[] = Array.isArray(claim) ? claim : [claim];
    for (const value of values) {
      if (typeof value === 'string') for (const scope of value.split(' ')) scopes.add(scope);
    }
  }
  return scopes;
}

const wrong = (reason: string): ClaimsCheck => ({ ok: false, reason });

/** Unix ms; undefined = absent, null = there but not a time. */
function timeOf(claims: Claims, name: 'exp' | 'nbf' | 'iat'): number | undefined | null {
  const value = claims[name];
  if (value === undefined) return undefined;
  return typeof value === 'number' && Number.isFinite(value) ? value * 1000 : null;
}
