import { X509Certificate } from 'node:crypto';
import { jwtAlgorithmSchema, type AuthType, type FailureDetail } from '@portico/contracts';
import { z } from 'zod';
import { toDetails } from '../validation/contract.ts';
import type { MtlsAuth, ProfileAuth } from './profile-auth.ts';

const httpUrl = z.url({ protocol: /^https?$/ });
const seconds = (min: number, max: number) => z.int().min(min).max(max);
const name = z.string().min(1).max(500);
const pem = z.string().min(1).max(65_536);
const claim = z.union([z.string().max(1000), z.number(), z.boolean()]);

/** `auth` as an admin writes it, per type, defaults filled in. Strict: an unknown rule is refused. */
const AUTH = {
  token: z.strictObject({ expires_at: z.iso.datetime({ offset: true }).optional() }),
  jwt: z.strictObject({
    algorithms: z.array(jwtAlgorithmSchema).min(1).max(13).default(['HS256']),
    issuer: name.optional(),
    audience: name.optional(),
    public_keys: z
      .array(z.strictObject({ kid: name.optional(), key: z.string().min(1).max(16_384) }))
      .max(20)
      .default([]),
    max_lifetime_seconds: seconds(1, 31_536_000).default(3_600),
    clock_skew_seconds: seconds(0, 600).default(30),
  }),
  oidc: z.strictObject({
    issuer: httpUrl,
    audience: name,
    jwks_uri: httpUrl.optional(),
    required_claims: z.record(name, claim).default({}),
    required_scopes: z.array(name).max(100).default([]),
    clock_skew_seconds: seconds(0, 600).default(30),
  }),
  mtls: z
    .strictObject({
      certificates: z.array(pem).max(20).default([]),
      ca_pem: pem.optional(),
      subject: name.optional(),
    })
    .refine(
      ({ certificates, ca_pem }) => certificates.length > 0 || ca_pem !== undefined,
      'needs certificates, or ca_pem with subject',
    )
    .refine(
      ({ ca_pem, subject }) => (ca_pem === undefined) === (subject === undefined),
      'ca_pem and subject go together',
    ),
  none: z.strictObject({}),
} as const satisfies Record<AuthType, z.ZodType>;

type ReadAuth =
  | { readonly ok: true; readonly auth: ProfileAuth }
  | { readonly ok: false; readonly problems: readonly FailureDetail[] };

/** Reads `auth` for its type; certificates that are not, or not valid any more, are refused. */
export function readAuth(type: AuthType, given: unknown, known: ProfileAuth | null): ReadAuth {
  const parsed = AUTH[type].safeParse(given);
  if (!parsed.success) {
    return {
      ok: false,
      problems: parsed.error.issues.flatMap((issue) => toDetails(issue, 'body.auth')),
    };
  }
  const auth = parsed.data as ProfileAuth;
  const problems = type === 'mtls' ? certificateProblems(auth as MtlsAuth, known as MtlsAuth) : [];
  return problems.length > 0 ? { ok: false, problems } : { ok: true, auth };
}

/** A certificate that has expired since it was pinned may stay; pinning an expired one is a mistake. */
function certificateProblems(auth: MtlsAuth, known: Partial<MtlsAuth> | null): FailureDetail[] {
  const pinned = new Set(known?.certificates ?? []);
  return auth.certificates.flatMap((text, at): FailureDetail[] => {
    const path = `body.auth.certificates.${at}`;
    if (/PRIVATE KEY/.test(text))
      return [{ path, message: 'holds a private key: keep that to you' }];
    const blocks = text.match(/-----BEGIN CERTIFICATE-----/g) ?? [];
    const certificate = blocks.length === 1 ? attempt(() => new X509Certificate(text)) : undefined;
    if (certificate === undefined) return [{ path, message: 'is not one PEM certificate' }];
    const isOver = certificate.validToDate.getTime() <= Date.now();
    if (!isOver || pinned.has(text)) return [];
    return [{ path, message: `expired on ${certificate.validToDate.toISOString()}` }];
  });
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
