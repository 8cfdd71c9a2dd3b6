import { X509Certificate } from 'node:crypto';
import type { MtlsAuth } from './profile-auth.ts';
import type { ProfileCredentialEntity } from './profile-credential.entity.ts';
import type { ProfileEntity } from './profile.entity.ts';

/** What may be known of a profile's credential without being able to use it. */
export interface CredentialState {
  /** When the current token or HMAC secret was made. */
  readonly created_at?: string;
  /** Rotated ones that still work, and until when. */
  readonly grace?: readonly { readonly valid_until: string }[];
  readonly certificates?: readonly {
    readonly subject: string;
    readonly sha256: string;
    readonly not_before: string;
    readonly not_after: string;
  }[];
}

export function credentialState(
  profile: ProfileEntity,
  credentials: readonly ProfileCredentialEntity[],
  now = new Date(),
): CredentialState {
  if (profile.auth_type === 'mtls') {
    return { certificates: (profile.auth as MtlsAuth).certificates.map(describeCertificate) };
  }
  const current = credentials.find(({ valid_until }) => valid_until === null);
  if (current === undefined) return {};
  const grace = credentials.flatMap(({ valid_until }) =>
    valid_until !== null && valid_until > now ? [{ valid_until: valid_until.toISOString() }] : [],
  );
  return { created_at: current.created_at.toISOString(), grace };
}

function describeCertificate(pem: string) {
  const certificate = new X509Certificate(pem);
  return {
    subject: certificate.subject,
    sha256: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
    not_before: certificate.validFromDate.toISOString(),
    not_after: certificate.validToDate.toISOString(),
  };
}
