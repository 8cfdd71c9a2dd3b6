import type { InboundRequest } from '../decision.ts';

/** What a check of a credential comes to. */
export type AuthOutcome =
  | { readonly kind: 'ok' }
  /** `reason` goes to the caller as RFC 6750's `error_description`: no secrets, no quotes. */
  | { readonly kind: 'invalid'; readonly reason: string; readonly error: BearerError }
  | { readonly kind: 'pending'; readonly ready: Promise<void> };

/** RFC 6750, 3.1; null = nothing was sent, so nothing is said about it. */
export type BearerError = 'invalid_token' | 'invalid_request' | null;

export const AUTHENTICATED: AuthOutcome = { kind: 'ok' };

export const invalidToken = (reason: string): AuthOutcome => ({
  kind: 'invalid',
  reason,
  error: 'invalid_token',
});

export type BearerToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly outcome: AuthOutcome };

/** RFC 6750, 2.1. The scheme's name is case-insensitive; the token is one word. */
const BEARER = /^bearer +([A-Za-z0-9\-._~+/]+=*)$/i;

/** Reads the one `Authorization` header; a repeated one is joined with a comma and fits no token. */
export function readBearer(request: InboundRequest): BearerToken {
  const header = request.headers['authorization'];
  if (header === undefined) return { ok: false, outcome: MISSING };
  const token = typeof header === 'string' ? BEARER.exec(header)?.[1] : undefined;
  return token === undefined ? { ok: false, outcome: MALFORMED } : { ok: true, token };
}

const MISSING: AuthOutcome = { kind: 'invalid', reason: 'no bearer token was sent', error: null };
const MALFORMED: AuthOutcome = {
  kind: 'invalid',
  reason: 'send exactly one Authorization header: Bearer and one token',
  error: 'invalid_request',
};
