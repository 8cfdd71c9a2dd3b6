import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { FailureDetail } from '@portico/contracts';
import { z } from 'zod';
import { isReservedHeader, RESERVED_HEADER_MESSAGE } from '../collections/reserved-headers.ts';
import type { UpstreamCredentialType } from './upstream-credential.entity.ts';

const text = z.string().min(1).max(4096);
const pem = z.string().min(1).max(65_536);
const headerName = z
  .string()
  .regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/, 'must be a header or query parameter name');

/** What may be shown of each type, and what may not. */
const SETTINGS = {
  basic: z.strictObject({ username: text }),
  api_key: z
    .strictObject({ in: z.enum(['header', 'query']), key_name: headerName })
    .refine((key) => key.in === 'query' || !isReservedHeader(key.key_name), {
      path: ['key_name'],
      message: RESERVED_HEADER_MESSAGE,
    }),
  bearer: z.strictObject({}),
  oauth2_client_credentials: z.strictObject({
    token_url: z.url({ protocol: /^https?$/ }),
    client_id: text,
    scope: text.optional(),
    audience: text.optional(),
  }),
  mtls: z.strictObject({ certificate_pem: pem, ca_pem: pem.optional() }),
} as const satisfies Record<UpstreamCredentialType, z.ZodType>;

export const SECRET_FIELD = {
  basic: 'password',
  api_key: 'value',
  bearer: 'token',
  oauth2_client_credentials: 'client_secret',
  mtls: 'private_key_pem',
} as const satisfies Record<UpstreamCredentialType, string>;

export interface CredentialInput {
  readonly settings: Record<string, string>;
  /** Undefined where the caller left it out: what is stored stays. */
  readonly secret: string | undefined;
}

/** Takes the flat body apart; details say which field of which type is wrong. */
export function readCredential(
  type: UpstreamCredentialType,
  given: Readonly<Record<string, unknown>>,
): { input: CredentialInput; problems: FailureDetail[] } {
  const secretField = SECRET_FIELD[type];
  const { [secretField]: secret, ...settings } = given;
  const parsed = SETTINGS[type].safeParse(settings);
  const problems = parsed.success ? [] : parsed.error.issues.flatMap(toProblems(type));
  const isText = typeof secret === 'string' && secret.length >= 1 && secret.length <= 65_536;
  if (secret !== undefined && !isText) {
    problems.push({ path: `body.${secretField}`, message: 'must be a non-empty string' });
  }
  const input = {
    settings: (parsed.data ?? {}) as Record<string, string>,
    secret: isText ? secret : undefined,
  };
  if (problems.length === 0 && type === 'mtls') problems.push(...certificateProblems(input));
  return { input, problems };
}

const toProblems =
  (type: string) =>
  (issue: z.core.$ZodIssue): FailureDetail[] =>
    issue.code === 'unrecognized_keys'
      ? issue.keys.map((key) => ({
          path: `body.${key}`,
          message: `is not a field of a credential of type ${type}`,
        }))
      : [{ path: `body.${issue.path.join('.')}`, message: messageOf(issue) }];

const messageOf = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.input === undefined ? 'is required' : issue.message;

function certificateProblems({ settings, secret }: CredentialInput): FailureDetail[] {
  const certificate = attempt(() => new X509Certificate(settings['certificate_pem'] ?? ''));
  if (certificate === undefined) {
    return [{ path: 'body.certificate_pem', message: 'is not a PEM certificate' }];
  }
  if (secret === undefined) return [];
  const key = attempt(() => createPrivateKey(secret));
  if (key === undefined) {
    return [{ path: 'body.private_key_pem', message: 'is not an unencrypted PEM private key' }];
  }
  return certificate.checkPrivateKey(key)
    ? []
    : [{ path: 'body.private_key_pem', message: 'does not belong to the certificate' }];
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
