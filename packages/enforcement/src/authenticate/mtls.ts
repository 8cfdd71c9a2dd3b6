import type { X509Certificate } from 'node:crypto';
import type { CompiledProfile } from '../compiled.ts';
import type { DecisionContext, InboundRequest, VerifiedClaims } from '../decision.ts';
import type { AuthOutcome } from './bearer.ts';
import { AUTHENTICATED } from './bearer.ts';
import type { CertificateAuthority, CompiledMtls } from './compiled-auth.ts';

/**
 * Client certificates: pinned one by one, or issued to one subject by a certificate authority. That
 * the caller holds the private key was proven in the TLS handshake.
 */
export function authenticateMtls(
  profile: CompiledProfile,
  auth: CompiledMtls,
  { request, context }: { request: InboundRequest; context: DecisionContext },
): AuthOutcome {
  const certificate = request.peerCertificate;
  if (certificate === null) return NO_CERTIFICATE;
  const { nowMs, verifiedTokens } = context;
  const fingerprint = certificate.fingerprint256;
  const known = verifiedTokens.get(profile, fingerprint);
  if (known && isWithin(known, nowMs)) return AUTHENTICATED;

  const validity = pinned(auth, certificate) ?? issued(auth.authority, certificate);
  if (validity === null) return UNKNOWN_CERTIFICATE;
  if (!isWithin(validity, nowMs)) return OUT_OF_DATE;
  verifiedTokens.set(profile, fingerprint, validity);
  return AUTHENTICATED;
}

const refused = (reason: string): AuthOutcome => ({ kind: 'invalid', reason, error: null });
const NO_CERTIFICATE = refused('no client certificate was presented');
const UNKNOWN_CERTIFICATE = refused('not a certificate of this profile');
const OUT_OF_DATE = refused('the certificate is expired or not valid yet');

const isWithin = ({ notBeforeMs, validUntilMs }: VerifiedClaims, nowMs: number): boolean =>
  nowMs >= notBeforeMs && nowMs < validUntilMs;

function pinned(auth: CompiledMtls, certificate: X509Certificate): VerifiedClaims | null {
  const notAfterMs = auth.notAfterMsByPin.get(certificate.fingerprint256);
  return notAfterMs === undefined ? null : validityOf([certificate], notAfterMs);
}

function issued(
  authority: CertificateAuthority | null,
  certificate: X509Certificate,
): VerifiedClaims | null {
  if (authority === null || !isForClients(certificate)) return null;
  if (!carriesSubject(certificate, authority.subject)) return null;
  const issuer = authority.certificates.find(
    (ca) => certificate.checkIssued(ca) && certificate.verify(ca.publicKey),
  );
  return issuer === undefined ? null : validityOf([certificate, issuer], Infinity);
}

/** From when to when all of these certificates are valid together. Unix ms. */
function validityOf(certificates: readonly X509Certificate[], notAfterMs: number): VerifiedClaims {
  return {
    notBeforeMs: Math.max(...certificates.map((one) => one.validFromDate.getTime())),
    validUntilMs: Math.min(notAfterMs, ...certificates.map((one) => one.validToDate.getTime())),
  };
}

const CLIENT_AUTH = '1.3.6.1.5.5.7.3.2';
const ANY_USAGE = '2.5.29.37.0';

/** RFC 5280, 4.2.1.12: a certificate that names its uses may be used for nothing else. */
function isForClients(certificate: X509Certificate): boolean {
  // Typed as always there, but absent without the extension.
  const usages: readonly string[] | undefined = certificate.keyUsage;
  return usages === undefined || usages.includes(CLIENT_AUTH) || usages.includes(ANY_USAGE);
}

function carriesSubject(certificate: X509Certificate, subject: string): boolean {
  const { CN } = certificate.toLegacyObject().subject as { CN?: string | string[] };
  // Several common names would leave it to us which one counts: then none does.
  return CN === subject || alternativeNames(certificate).includes(subject);
}

/** DNS and URI names. Node quotes a name that holds a comma or quote, so no name can fake another. */
function alternativeNames(certificate: X509Certificate): readonly string[] {
  const text = certificate.subjectAltName ?? '';
  const names = text.matchAll(/(?:^|, )([A-Za-z ]+):("(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...names].flatMap(([, kind, name]) =>
    (kind === 'DNS' || kind === 'URI') && name !== undefined && !name.startsWith('"') ? [name] : [],
  );
}
