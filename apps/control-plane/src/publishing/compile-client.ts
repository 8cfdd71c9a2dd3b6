import { X509Certificate } from 'node:crypto';
import type { snapshotClientSchema } from '@portico/contracts';
import type { z } from 'zod';
import type { ClientRecord } from '../clients/read-client.ts';
import type { JwtAuth, MtlsAuth, OidcAuth, TokenAuth } from '../profiles/profile-auth.ts';
import type { ProfileCredentialEntity } from '../profiles/profile-credential.entity.ts';
import type { ProfileEntity } from '../profiles/profile.entity.ts';

type SnapshotClientInput = z.input<typeof snapshotClientSchema>;
type SnapshotProfileInput = SnapshotClientInput['profiles'][number];
type SnapshotAuthInput = SnapshotProfileInput['auth'];

export interface ClientParts {
  readonly record: ClientRecord;
  readonly profiles: readonly ProfileEntity[];
  readonly credentials: readonly ProfileCredentialEntity[];
}

/** What nodes get of a client. Depends on the rows alone, not on the clock: see `compile-collection`. */
export function toSnapshotClient({
  record,
  profiles,
  credentials,
}: ClientParts): SnapshotClientInput {
  const { client, collections } = record;
  const ofProfile = Map.groupBy(credentials, ({ profile_id }) => profile_id);
  return {
    id: client.id,
    name: client.name,
    active: client.active,
    collections: [...collections],
    ...(client.policy_id === null ? {} : { policy_id: client.policy_id }),
    profiles: [...profiles]
      .sort((left, right) => (left.id < right.id ? -1 : 1))
      .map((profile) => toSnapshotProfile(profile, ofProfile.get(profile.id) ?? [])),
  };
}

const toSnapshotProfile = (
  profile: ProfileEntity,
  credentials: readonly ProfileCredentialEntity[],
): SnapshotProfileInput => ({
  id: profile.id,
  name: profile.name,
  environment: profile.environment,
  active: profile.active,
  auth: toSnapshotAuth(profile, credentials),
  allowed_methods: profile.allowed_methods,
  allowed_ips: profile.allowed_ips,
  ...(profile.policy_id === null ? {} : { policy_id: profile.policy_id }),
});

function toSnapshotAuth(
  { auth_type, auth }: ProfileEntity,
  credentials: readonly ProfileCredentialEntity[],
): SnapshotAuthInput {
  switch (auth_type) {
    case 'token':
      return toTokenAuth(auth as TokenAuth, credentials);
    case 'jwt':
      return toJwtAuth(auth as JwtAuth, credentials);
    case 'oidc': {
      const { required_claims, required_scopes, ...oidc } = auth as OidcAuth;
      const scopes = [...required_scopes];
      return { type: 'oidc', ...oidc, required_claims, required_scopes: scopes };
    }
    case 'mtls':
      return toMtlsAuth(auth as MtlsAuth);
    case 'none':
      return { type: 'none' };
  }
}

function toTokenAuth(
  auth: TokenAuth,
  credentials: readonly ProfileCredentialEntity[],
): SnapshotAuthInput {
  const expiresAt = auth.expires_at === undefined ? Infinity : Date.parse(auth.expires_at);
  const tokens = credentials.map(({ sha256, valid_until }) => {
    const end = Math.min(expiresAt, valid_until?.getTime() ?? Infinity);
    return { sha256, ...(end === Infinity ? {} : { expires_at_ms: end }) };
  });
  return { type: 'token', tokens };
}

function toJwtAuth(
  auth: JwtAuth,
  credentials: readonly ProfileCredentialEntity[],
): SnapshotAuthInput {
  const { algorithms, public_keys, ...rules } = auth;
  const hmac_secrets = credentials.map(({ sealed, valid_until }) => ({
    sealed,
    ...(valid_until === null ? {} : { expires_at_ms: valid_until.getTime() }),
  }));
  const keys = public_keys.map((key) => ({ ...key }));
  return { type: 'jwt', algorithms: [...algorithms], ...rules, hmac_secrets, public_keys: keys };
}

function toMtlsAuth({ certificates, ca_pem, subject }: MtlsAuth): SnapshotAuthInput {
  const pins = certificates.map((pem) => {
    const certificate = new X509Certificate(pem);
    return {
      sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      not_after_ms: certificate.validToDate.getTime(),
    };
  });
  return {
    type: 'mtls',
    pins,
    ...(ca_pem === undefined ? {} : { ca_pem }),
    ...(subject === undefined ? {} : { subject }),
  };
}
