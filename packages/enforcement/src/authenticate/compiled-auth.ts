import type { JwtAlgorithm } from '@portico/contracts';
import type { KeyObject, X509Certificate } from 'node:crypto';

/** What proves that a caller is a profile, ready to compare with. */
export type CompiledAuth =
  CompiledToken | CompiledJwt | CompiledOidc | CompiledMtls | { readonly type: 'none' };

export interface CompiledToken {
  readonly type: 'token';
  /** The digest's 64 hex digits as bytes. */
  readonly tokens: readonly { readonly digest: Uint8Array; readonly expiresAtMs: number }[];
}

export interface CompiledJwt {
  readonly type: 'jwt';
  readonly algorithms: ReadonlySet<JwtAlgorithm>;
  readonly keys: readonly VerificationKey[];
  readonly claims: ClaimRules;
}

export interface CompiledOidc {
  readonly type: 'oidc';
  readonly issuer: string;
  readonly jwksUri: string | undefined;
  readonly claims: ClaimRules;
  readonly requiredScopes: readonly string[];
  readonly requiredClaims: readonly (readonly [string, string | number | boolean])[];
}

export interface CompiledMtls {
  readonly type: 'mtls';
  /** SHA-256 of the certificate as node:crypto prints it (`AB:CD:…`) → Unix ms it is good until. */
  readonly notAfterMsByPin: ReadonlyMap<string, number>;
  readonly authority: CertificateAuthority | null;
}

export interface CertificateAuthority {
  readonly certificates: readonly X509Certificate[];
  /** Common name, or DNS/URI subject alternative name, that the caller's certificate must carry. */
  readonly subject: string;
}

/** A key that can check signatures of exactly these algorithms: confusion has no way in. */
export interface VerificationKey {
  readonly kid: string | null;
  readonly algorithms: readonly JwtAlgorithm[];
  readonly key: KeyObject;
  readonly expiresAtMs: number;
}

export interface ClaimRules {
  readonly issuer: string | null;
  readonly audience: string | null;
  /** Infinity = no bound. */
  readonly maxLifetimeMs: number;
  readonly clockSkewMs: number;
}
