import { REDACTED } from '@portico/contracts';
import { redactJson } from './redact-json.ts';
import type { RedactionRules } from './redaction-rules.ts';

const ESCAPED = /[%+]/;
const WITHHELD_BODY = Buffer.from(REDACTED);

/** Flat `[name, value, name, value, …]` to pairs, secrets replaced. */
export function redactFlatHeaders(
  flat: readonly string[],
  rules: RedactionRules,
): [string, string][] {
  const pairs: [string, string][] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at] ?? '';
    pairs.push([name, rules.names.has(name.toLowerCase()) ? REDACTED : (flat[at + 1] ?? '')]);
  }
  return pairs;
}

type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The same for a map with lower-case names; HTTP/2's pseudo-headers are left out. */
export function redactHeaderMap(headers: HeaderMap, rules: RedactionRules): [string, string][] {
  const pairs: [string, string][] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || name.startsWith(':')) continue;
    const shown = typeof value === 'string' ? value : value.join(', ');
    pairs.push([name, rules.names.has(name) ? REDACTED : shown]);
  }
  return pairs;
}

/** Values of secret query parameters are replaced; the rest stays as it was sent. */
export function redactQuery(query: string, rules: RedactionRules): string {
  if (query === '') return query;
  return query
    .split('&')
    .map((part) => {
      const equals = part.indexOf('=');
      if (equals === -1) return part;
      return rules.names.has(decoded(part.slice(0, equals)).toLowerCase())
        ? `${part.slice(0, equals)}=${REDACTED}`
        : part;
    })
    .join('&');
}

/**
 * A captured body, safe to leave the node. JSON and forms are searched; a body in a format we cannot
 * search is withheld whole as soon as the collection lists anything secret, and JSON that we cannot
 * read as soon as it names one: safe when wrong.
 */
export function redactBody(
  body: Buffer<ArrayBuffer>,
  contentType: string | undefined,
  contentEncoding: string | undefined,
  rules: RedactionRules,
): Buffer<ArrayBuffer> {
  if (body.length === 0) return body;
  const type = (contentType ?? '').toLowerCase();
  const isEncoded = contentEncoding !== undefined && contentEncoding !== 'identity';
  if (!isEncoded && type.includes('json')) {
    const text = body.toString('utf8');
    if (rules.mention?.test(text) === false) return body;
    const redacted = redactJson(text, rules);
    // Not JSON, or nested too deep to read, and there may be a secret in it.
    return redacted === null ? WITHHELD_BODY : Buffer.from(redacted);
  }
  if (!isEncoded && type.startsWith('application/x-www-form-urlencoded')) {
    return Buffer.from(redactQuery(body.toString('utf8'), rules));
  }
  return rules.isStrict ? WITHHELD_BODY : body;
}

function decoded(name: string): string {
  if (!ESCAPED.test(name)) return name;
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
