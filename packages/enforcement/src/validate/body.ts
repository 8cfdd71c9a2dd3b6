import type { FailureDetail } from '@portico/contracts';
import type { ErrorObject } from 'ajv';
import type { CompiledEndpoint } from '../compiled.ts';
import type { BodySchema } from './body-schema.ts';
import { findRepeatedName } from './json-names.ts';
import { DETAILS_MAX } from './parameters.ts';

export interface CompiledBody {
  readonly schema: BodySchema;
  /** The schema's JSON text: an unchanged one is not compiled again. */
  readonly source: string;
}

/** Above this only the first violation is named: finding all could cost more memory than the body. */
const EXPLAIN_BYTES_MAX = 65_536;

/** Methods whose request body means something (RFC 9110, 9.3). */
const METHODS_WITH_BODY: ReadonlySet<string> = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

export const mustCheckBody = (endpoint: CompiledEndpoint, method: string): boolean =>
  endpoint.body !== null && METHODS_WITH_BODY.has(method);

/**
 * Row 14 for the body: what is wrong with it, at most 20 things; empty = forward it. `bytes` is the
 * whole body with any content coding removed.
 */
export function checkBody(
  endpoint: CompiledEndpoint,
  bytes: Uint8Array,
  contentType: string | undefined,
): readonly FailureDetail[] {
  if (endpoint.body === null) return [];
  if (bytes.length === 0) return [{ path: 'body', message: 'is required' }];
  if (!isJson(contentType)) {
    return [{ path: 'header.content-type', message: 'must be application/json' }];
  }
  const parsed = parseJson(bytes);
  if (!parsed.ok) return [{ path: 'body', message: parsed.problem }];
  return checkValue(endpoint.body.schema, parsed.value, bytes.length);
}

/** `application/json` or `…+json`; a charset, where there is one, must be UTF-8. */
function isJson(contentType: string | undefined): boolean {
  const [type = '', ...parameters] = (contentType ?? '').toLowerCase().split(';');
  if (!/^application\/(?:[a-z0-9!#$&^_.-]+\+)?json$/.test(type.trim())) return false;
  return parameters.every((parameter) => {
    const [name = '', value = ''] = parameter.split('=', 2);
    return name.trim() !== 'charset' || value.trim().replaceAll('"', '') === 'utf-8';
  });
}

type Parsed =
  { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly problem: string };

function parseJson(bytes: Uint8Array): Parsed {
  try {
    const text = UTF8.decode(bytes);
    const value: unknown = JSON.parse(text);
    // Parsers disagree on which of two equal names counts: we would check one, the API use the other.
    const repeated = findRepeatedName(text);
    if (repeated === null) return { ok: true, value };
    return { ok: false, problem: `has the name ${JSON.stringify(repeated)} twice in one object` };
  } catch {
    return { ok: false, problem: 'must be valid JSON in UTF-8' };
  }
}

/** A byte order mark is not JSON (RFC 8259, 8.1): kept, so that parsing refuses it. */
const UTF8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function checkValue(schema: BodySchema, value: unknown, size: number): readonly FailureDetail[] {
  try {
    const first = schema.check(value);
    if (first.length === 0) return [];
    const errors = size <= EXPLAIN_BYTES_MAX ? schema.explain(value) : first;
    return errors.slice(0, DETAILS_MAX).map(toDetail);
  } catch (error) {
    // A recursive schema follows the body down: the stack ends before a hostile body does.
    if (error instanceof RangeError) return [{ path: 'body', message: 'is nested too deeply' }];
    throw error;
  }
}

function toDetail({ instancePath, keyword, params, message }: ErrorObject): FailureDetail {
  const parent = `body${instancePath.replaceAll('/', '.').replaceAll('~1', '/').replaceAll('~0', '~')}`;
  const named: unknown = params[NAME_BY_KEYWORD[keyword] ?? ''];
  if (typeof named !== 'string') return { path: parent, message: message ?? 'is not valid' };
  return {
    path: `${parent}.${named.slice(0, 128)}`,
    message: keyword === 'required' ? 'is required' : 'is not allowed',
  };
}

/** Errors about a member of an object name it here; the path shall point at the member. */
const NAME_BY_KEYWORD: Readonly<Record<string, string>> = {
  required: 'missingProperty',
  additionalProperties: 'additionalProperty',
  unevaluatedProperties: 'unevaluatedProperty',
};
