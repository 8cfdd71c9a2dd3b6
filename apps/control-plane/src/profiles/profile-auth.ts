import type { JwtAlgorithm } from '@portico/contracts';

/** What a profile's `auth` holds by type. Nothing in here is secret. */
export interface TokenAuth {
  readonly expires_at?: string;
}

export interface JwtAuth {
  readonly algorithms: readonly JwtAlgorithm[];
  readonly issuer?: string;
  readonly audience?: string;
  /** SPKI PEM, or a JWK as JSON text. */
  readonly public_keys: readonly { readonly kid?: string; readonly key: string }[];
  readonly max_lifetime_seconds: number;
  readonly clock_skew_seconds: number;
}

export interface OidcAuth {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks_uri?: string;
  readonly required_claims: Readonly<Record<string, string | number | boolean>>;
  readonly required_scopes: readonly string[];
  readonly clock_skew_seconds: number;
}

export interface MtlsAuth {
  readonly certificates: readonly string[];
  readonly ca_pem?: string;
  readonly subject?: string;
}

export type NoAuth = Readonly<Record<string, never>>;
export type ProfileAuth = TokenAuth | JwtAuth | OidcAuth | MtlsAuth | NoAuth;
