import { createPublicKey, createSecretKey, X509Certificate } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { SnapshotAuth } from '@portico/contracts';
import type {
  CertificateAuthority,
  CompiledAuth,
  CompiledJwt,
  CompiledMtls,
  VerificationKey,
} from '../authenticate/compiled-auth.ts';
import { algorithmsOf, HMAC_ALGORITHMS, HMAC_BYTES_MIN } from '../authenticate/jose/algorithms.ts';
import type { Material, Place } from './material.ts';
import { refuseAt, unsealAt } from './material.ts';

/** Prepares what a profile's callers are checked against. `place` is where the profile's auth stands. */
export function compileAuth(auth: SnapshotAuth, place: Place, material: Material): CompiledAuth {
  switch (auth.type) {
    case 'token':
      return {
        type: 'token',
        tokens: auth.tokens.map(({ sha256, expires_at_ms }) => ({
          digest: Buffer.from(sha256, 'latin1'),
          expiresAtMs: expires_at_ms ?? Infinity,
        })),
      };
    case 'jwt':
      return compileJwt(auth, place, material);
    case 'oidc':
      return {
        type: 'oidc',
        issuer: auth.issuer,
        jwksUri: auth.jwks_uri,
        claims: {
          issuer: auth.issuer,
          audience: auth.audience,
          maxLifetimeMs: Infinity,
          clockSkewMs: auth.clock_skew_seconds * 1000,
        },
        requiredScopes: auth.required_scopes,
        requiredClaims: Object.entries(auth.required_claims),
      };
    case 'mtls':
      return compileMtls(auth, place);
    case 'none':
      return { type: 'none' };
  }
}

type JwtSource = Extract<SnapshotAuth, { type: 'jwt' }>;
type MtlsSource = Extract<SnapshotAuth, { type: 'mtls' }>;

function compileJwt(auth: JwtSource, place: Place, material: Material): CompiledJwt {
  const secrets = auth.hmac_secrets.map(({ sealed, expires_at_ms }, at): VerificationKey => {
    const here = { ...place, path: `${place.path}.hmac_secrets.${at}` };
    const secret = Buffer.from(unsealAt(sealed, material, here), 'utf8');
    if (secret.length < HMAC_BYTES_MIN) {
      refuseAt(here, `must have at least ${HMAC_BYTES_MIN} bytes`);
    }
    const key = createSecretKey(secret);
    return { kid: null, algorithms: HMAC_ALGORITHMS, key, expiresAtMs: expires_at_ms ?? Infinity };
  });
  const publicKeys = auth.public_keys.map(({ kid, key }, at) =>
    compilePublicKey(key, kid ?? null, { ...place, path: `${place.path}.public_keys.${at}` }),
  );
  return {
    type: 'jwt',
    algorithms: new Set(auth.algorithms),
    keys: [...secrets, ...publicKeys],
    claims: {
      issuer: auth.issuer ?? null,
      audience: auth.audience ?? null,
      maxLifetimeMs: auth.max_lifetime_seconds * 1000,
      clockSkewMs: auth.clock_skew_seconds * 1000,
    },
  };
}

function compilePublicKey(text: string, kid: string | null, place: Place): VerificationKey {
  const parsed = parsePublicKey(text);
  if (parsed === null) return refuseAt(place, 'must be a public key: SPKI PEM, or a JWK as JSON');
  const algorithms = algorithmsOf(parsed.key);
  if (algorithms.length === 0) {
    refuseAt(place, 'must be RSA (2048 bits or more), EC (P-256, P-384, P-521) or Ed25519/Ed448');
  }
  return { kid: kid ?? parsed.kid, algorithms, key: parsed.key, expiresAtMs: Infinity };
}

/** SPKI PEM, or a JWK as JSON text. Null also for a private key: it has no business here. */
export function parsePublicKey(text: string): { key: KeyObject; kid: string | null } | null {
  try {
    if (!text.trimStart().startsWith('{')) {
      const isPublic = /^\s*-----BEGIN PUBLIC KEY-----/.test(text);
      return isPublic ? { key: createPublicKey(text), kid: null } : null;
    }
    const jwk = JSON.parse(text) as Record<string, unknown>;
    if ('d' in jwk || 'k' in jwk) return null;
    const kid = typeof jwk['kid'] === 'string' ? jwk['kid'] : null;
    return { key: createPublicKey({ key: jwk, format: 'jwk' }), kid };
  } catch {
    return null;
  }
}

function compileMtls(auth: MtlsSource, place: Place): CompiledMtls {
  return {
    type: 'mtls',
    notAfterMsByPin: new Map(
      auth.pins.map(({ sha256, not_after_ms }) => [printedFingerprint(sha256), not_after_ms]),
    ),
    authority: compileAuthority(auth, place),
  };
}

function compileAuthority(auth: MtlsSource, place: Place): CertificateAuthority | null {
  const { ca_pem, subject } = auth;
  if (ca_pem === undefined && subject === undefined) return null;
  if (ca_pem === undefined || subject === undefined || subject === '') {
    return refuseAt({ ...place, path: `${place.path}.subject` }, 'and ca_pem go together');
  }
  const certificates = parseCertificates(ca_pem);
  if (certificates === null || !certificates.every(({ ca }) => ca)) {
    const message = 'must be one or more certificate authority certificates in PEM';
    return refuseAt({ ...place, path: `${place.path}.ca_pem` }, message);
  }
  return { certificates, subject };
}

/** Every certificate of a PEM bundle; null where there is none, or one cannot be read. */
export function parseCertificates(pem: string): readonly X509Certificate[] | null {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  try {
    return blocks.length === 0 ? null : blocks.map((block) => new X509Certificate(block));
  } catch {
    return null;
  }
}

/** `abcd…` → `AB:CD:…`, which is how node:crypto prints it: no conversion per request. */
const printedFingerprint = (sha256: string): string =>
  (sha256.toUpperCase().match(/../g) ?? []).join(':');
