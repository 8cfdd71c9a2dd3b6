import type { AuthType } from '@portico/contracts';
import type { JwtAuth, OidcAuth } from '../profiles/profile-auth.ts';
import { toCurl } from './curl.ts';
import { hmacAlgorithmOf, signJwt } from './sign-jwt.ts';

export interface HeaderLine {
  readonly name: string;
  readonly value: string;
}

/** How a partner makes a JWT for this profile. */
export interface SigningGuide {
  readonly algorithm: string;
  /** Null where the partner signs with a private key of its own. */
  readonly secret: string | null;
  readonly claims: Readonly<Record<string, string | number>>;
  readonly instructions: string;
}

export interface AuthHeaders {
  readonly headers: readonly HeaderLine[];
  readonly curl: string;
  readonly signing?: SigningGuide;
}

/** A profile as the caller it makes. */
export interface CallingProfile {
  readonly id: string;
  readonly client_id: string;
  readonly auth_type: AuthType;
  readonly auth: object;
}

export interface AuthHeadersOptions {
  /** The current token or HMAC secret in clear; null where we hold none. */
  readonly secret: string | null;
  readonly gatewayUrl: string;
  readonly gatewayTlsUrl: string;
  /** Path of the curl's URL. */
  readonly path?: string;
  readonly nowMs: number;
}

/** What a call of this profile carries, ready to paste. */
export async function authHeadersOf(
  profile: CallingProfile,
  options: AuthHeadersOptions,
): Promise<AuthHeaders> {
  const { authorization, signing } = await credentialOf(profile, options);
  const headers = [
    ...identityHeaders(profile),
    ...(authorization === null ? [] : [{ name: 'Authorization', value: authorization }]),
  ];
  const isMtls = profile.auth_type === 'mtls';
  const address = isMtls ? options.gatewayTlsUrl : options.gatewayUrl;
  const url = `${address}${options.path ?? '/'}`;
  const curl = toCurl({ url, headers, withCertificate: isMtls });
  return { headers, curl, ...(signing === undefined ? {} : { signing }) };
}

export const identityHeaders = (profile: CallingProfile): readonly HeaderLine[] => [
  { name: 'X-Client-ID', value: profile.client_id },
  { name: 'X-Profile-ID', value: profile.id },
];

interface Credential {
  /** Null = the profile's calls carry no such header. */
  readonly authorization: string | null;
  readonly signing?: SigningGuide;
}

async function credentialOf(
  profile: CallingProfile,
  options: AuthHeadersOptions,
): Promise<Credential> {
  switch (profile.auth_type) {
    case 'token':
      return { authorization: `Bearer ${options.secret ?? ''}` };
    case 'jwt':
      return jwtCredential(profile, profile.auth as JwtAuth, options);
    case 'oidc':
      return { authorization: `Bearer <access token from ${(profile.auth as OidcAuth).issuer}>` };
    case 'mtls':
    case 'none':
      return { authorization: null };
  }
}

async function jwtCredential(
  profile: CallingProfile,
  auth: JwtAuth,
  { secret, nowMs }: AuthHeadersOptions,
): Promise<Credential> {
  const algorithm = hmacAlgorithmOf(auth);
  if (algorithm === undefined || secret === null) return ownKeyCredential(profile, auth, nowMs);
  const { jwt, claims } = await signJwt(auth, { clientId: profile.client_id, secret, nowMs });
  const instructions = `Sign with ${algorithm}; the key is the UTF-8 bytes of the secret. ${lifetime(auth)}`;
  return { authorization: `Bearer ${jwt}`, signing: { algorithm, secret, claims, instructions } };
}

/** The private key is the partner's alone: all we can show is what to sign. */
function ownKeyCredential(profile: CallingProfile, auth: JwtAuth, nowMs: number): Credential {
  const algorithm = auth.algorithms[0] ?? 'RS256';
  const iat = Math.floor(nowMs / 1_000);
  const claims = {
    ...(auth.issuer === undefined ? {} : { iss: auth.issuer }),
    ...(auth.audience === undefined ? {} : { aud: auth.audience }),
    sub: profile.client_id,
    iat,
    exp: iat + Math.min(3_600, auth.max_lifetime_seconds),
  };
  const instructions = `Sign with ${algorithm} and the private key whose public half is registered for this profile. ${lifetime(auth)}`;
  return {
    authorization: `Bearer <JWT signed with your ${algorithm} private key>`,
    signing: { algorithm, secret: null, claims, instructions },
  };
}

const lifetime = (auth: JwtAuth): string =>
  `exp is required, and at most ${auth.max_lifetime_seconds} seconds after iat; sign a fresh token when it has passed.`;
