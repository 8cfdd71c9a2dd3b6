import { SignJWT } from 'jose';
import type { JwtAlgorithm } from '@portico/contracts';
import type { JwtAuth } from '../profiles/profile-auth.ts';

/** Examples need not live longer, even where the profile allows it. */
const LIFETIME_SECONDS_MAX = 3_600;
const HMAC_ALGORITHMS: readonly JwtAlgorithm[] = ['HS256', 'HS384', 'HS512'];

/** The algorithm that the profile's generated secret is for; undefined where the partner has its own key. */
export const hmacAlgorithmOf = (auth: JwtAuth): JwtAlgorithm | undefined =>
  auth.algorithms.find((algorithm) => HMAC_ALGORITHMS.includes(algorithm));

export interface SignedJwt {
  readonly jwt: string;
  readonly claims: Readonly<Record<string, string | number>>;
}

/** Signs what the gateway will accept for this profile from now on. The secret's UTF-8 bytes are the key. */
export async function signJwt(
  auth: JwtAuth,
  { clientId, secret, nowMs }: { clientId: string; secret: string; nowMs: number },
): Promise<SignedJwt> {
  const algorithm = hmacAlgorithmOf(auth);
  if (algorithm === undefined) throw new Error('signing with a profile that has no HMAC secret');
  const issuedAt = Math.floor(nowMs / 1_000);
  const claims = {
    ...(auth.issuer === undefined ? {} : { iss: auth.issuer }),
    ...(auth.audience === undefined ? {} : { aud: auth.audience }),
    sub: clientId,
    iat: issuedAt,
    exp: issuedAt + Math.min(LIFETIME_SECONDS_MAX, auth.max_lifetime_seconds),
  };
  const jwt = await new SignJWT(claims)
    .setProtectedHeader({ alg: algorithm, typ: 'JWT' })
    .sign(Buffer.from(secret, 'utf8'));
  return { jwt, claims };
}
