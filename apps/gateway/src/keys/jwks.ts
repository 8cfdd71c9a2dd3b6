import { createPublicKey } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { fetchJson } from './fetch-json.ts';

export interface IssuerKey {
  readonly kid: string | undefined;
  /** Set where the issuer says what the key is for; then it is for nothing else. */
  readonly algorithm: string | undefined;
  readonly key: KeyObject;
}

const KEYS_MAX = 100;

/** The signing keys an issuer publishes, found by OpenID Connect Discovery unless told where. */
export async function fetchIssuerKeys(
  issuer: string,
  jwksUri: string | undefined,
  timeoutMs: number,
): Promise<readonly IssuerKey[]> {
  const url = jwksUri ?? (await discover(issuer, timeoutMs));
  const { keys } = await fetchJson({ url, timeoutMs });
  if (!Array.isArray(keys)) throw new Error(`${url} holds no keys`);
  return keys.slice(0, KEYS_MAX).flatMap((jwk: unknown) => readKey(jwk));
}

async function discover(issuer: string, timeoutMs: number): Promise<string> {
  const url = `${issuer.replace(/\/+$/, '')}/.well-known/openid-configuration`;
  const metadata = await fetchJson({ url, timeoutMs });
  // Discovery §4.3: a document that speaks of another issuer must not vouch for this one.
  if (metadata['issuer'] !== issuer) throw new Error(`${url} speaks of another issuer`);
  const jwksUri = metadata['jwks_uri'];
  if (typeof jwksUri !== 'string' || !/^https?:\/\//.test(jwksUri)) {
    throw new Error(`${url} names no jwks_uri`);
  }
  return jwksUri;
}

/** Keys that we cannot use, or that are not for signing, are as good as absent. */
function readKey(value: unknown): IssuerKey[] {
  if (typeof value !== 'object' || value === null) return [];
  const jwk = value as JsonWebKey & { kid?: string; alg?: string; use?: string };
  if (jwk.kty === 'oct' || (jwk.use !== undefined && jwk.use !== 'sig')) return [];
  try {
    const key = createPublicKey({ key: jwk, format: 'jwk' });
    return [{ kid: jwk.kid, algorithm: jwk.alg, key }];
  } catch {
    return [];
  }
}
