import { X509Certificate } from 'node:crypto';
import { DAY_MS, type AuthType } from '@portico/contracts';
import type { MtlsAuth, ProfileAuth, TokenAuth } from '../../profiles/profile-auth.ts';
import type { CredentialExpiring } from '../../webhooks/webhook-event.ts';

export interface ExpiringCredential {
  readonly credential: CredentialExpiring['credential'];
  readonly expiresAtMs: number;
  readonly daysBefore: number;
}

/** Days before the end at which somebody is told. */
export const NOTICE_DAYS = [7, 1] as const;

/** What of a profile's credentials ends soon. What has ended already is no news any more. */
export function expiringCredentials(
  profile: { readonly auth_type: AuthType; readonly auth: ProfileAuth },
  nowMs: number,
): ExpiringCredential[] {
  return endsOf(profile).flatMap(({ credential, expiresAtMs }) => {
    const daysBefore = noticeDue(expiresAtMs - nowMs);
    return daysBefore === undefined ? [] : [{ credential, expiresAtMs, daysBefore }];
  });
}

/** The latest notice only: a credential made for half a day needs no word about a week. */
function noticeDue(leftMs: number): number | undefined {
  if (leftMs <= 0) return undefined;
  return NOTICE_DAYS.toSorted((left, right) => left - right).find(
    (days) => leftMs <= days * DAY_MS,
  );
}

function endsOf({ auth_type, auth }: { auth_type: AuthType; auth: ProfileAuth }) {
  if (auth_type === 'token') {
    const { expires_at } = auth as TokenAuth;
    const credential = { kind: 'token' as const };
    return expires_at === undefined ? [] : [{ credential, expiresAtMs: Date.parse(expires_at) }];
  }
  return auth_type === 'mtls' ? (auth as MtlsAuth).certificates.map(endOfCertificate) : [];
}

function endOfCertificate(pem: string) {
  const { subject, fingerprint256, validToDate } = new X509Certificate(pem);
  const sha256 = fingerprint256.replaceAll(':', '').toLowerCase();
  const credential = {
    kind: 'certificate' as const,
    subject: subject.replaceAll('\n', ', '),
    sha256,
  };
  return { credential, expiresAtMs: validToDate.getTime() };
}
