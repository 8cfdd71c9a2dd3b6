import type { FailureDetail } from '@portico/contracts';
import type { HeaderLine } from '../../auth-headers/auth-headers.ts';

/** Headers that say how a message travels, or who sent it: never the visitor's to choose. */
const FORBIDDEN = new Set([
  ...['connection', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'transfer-encoding'],
  ...['upgrade', 'content-length', 'expect', 'host', 'via', 'forwarded', 'x-real-ip', 'cookie'],
  ...['http2-settings', 'x-request-id', 'true-client-ip', 'client-cert', 'client-cert-chain'],
]);
const FORBIDDEN_PREFIXES = ['proxy-', 'x-forwarded-', 'x-portico-', 'sec-', 'cf-', ':'];
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;
const VALUE_CHARS_MAX = 8_192;
const HEADERS_MAX = 60;

export type HeaderChoice =
  | { readonly ok: true; readonly headers: readonly HeaderLine[] }
  | { readonly ok: false; readonly details: readonly FailureDetail[] };

interface HeaderRules {
  /** What the profile's calls carry; a visitor may repeat it, not change it. */
  readonly own: readonly HeaderLine[];
  /** True where only the partner can make the credential: oidc, and its own private key. */
  readonly mayBringCredential: boolean;
}

/** The visitor's headers and ours, ours last and unchangeable. */
export function chooseHeaders(
  given: Readonly<Record<string, unknown>>,
  rules: HeaderRules,
): HeaderChoice {
  const entries = Object.entries(given);
  const tooMany = { path: 'body.headers', message: `must not be more than ${HEADERS_MAX}` };
  if (entries.length > HEADERS_MAX) return { ok: false, details: [tooMany] };
  const details = entries.flatMap(([name, value]) => {
    const message = problemOf(name, value, rules);
    return message === null ? [] : [{ path: `body.headers.${name}`, message }];
  });
  if (details.length > 0) return { ok: false, details };
  const ownNames = new Set(rules.own.map(({ name }) => name.toLowerCase()));
  const visitors = entries
    .filter(([name]) => !ownNames.has(name.toLowerCase()))
    .map(([name, value]) => ({ name, value: String(value) }));
  return { ok: true, headers: [...visitors, ...rules.own] };
}

function problemOf(name: string, value: unknown, rules: HeaderRules): string | null {
  const lower = name.toLowerCase();
  if (!NAME.test(name)) return 'is not a header name';
  if (typeof value !== 'string') return 'must be a string';
  if (value.length > VALUE_CHARS_MAX || !VALUE.test(value)) return 'is not a header value';
  const own = rules.own.find((header) => header.name.toLowerCase() === lower);
  if (own !== undefined) return own.value === value ? null : 'is set by the profile';
  if (lower === 'authorization') {
    return rules.mayBringCredential ? null : 'is set by the profile';
  }
  const isForbidden =
    FORBIDDEN.has(lower) || FORBIDDEN_PREFIXES.some((prefix) => lower.startsWith(prefix));
  return isForbidden ? 'may not be set here' : null;
}
