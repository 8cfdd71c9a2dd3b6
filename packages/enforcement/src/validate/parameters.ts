import type { FailureDetail, Parameter } from '@portico/contracts';
import type { InboundRequest } from '../decision.ts';
import type { TemplateSegment } from '../route/path-template.ts';
import type { ValueCheck } from './value.ts';
import { compileValueCheck } from './value.ts';
import { parseQuery } from './query.ts';

/** More than this helps nobody, and a hostile request must not make a large answer. */
export const DETAILS_MAX = 20;

/** An endpoint's typed parameters, ready to check with. */
export interface CompiledParameters {
  readonly path: readonly {
    readonly name: string;
    readonly at: number;
    readonly check: ValueCheck;
  }[];
  readonly query: readonly QueryParameter[];
  readonly header: readonly HeaderParameter[];
}

interface QueryParameter {
  readonly name: string;
  readonly required: boolean;
  readonly isArray: boolean;
  readonly check: ValueCheck;
  /** `name=value`, encoded, appended when the caller leaves the parameter out. */
  readonly defaultPair: string | null;
}

interface HeaderParameter {
  readonly name: string;
  readonly key: string;
  readonly required: boolean;
  readonly check: ValueCheck;
}

/** Null = nothing to check. */
export function compileParameters(
  parameters: readonly Parameter[],
  template: readonly TemplateSegment[],
): CompiledParameters | null {
  if (parameters.length === 0) return null;
  const inside = (where: Parameter['in']): readonly Parameter[] =>
    parameters.filter((parameter) => parameter.in === where);
  return {
    path: inside('path').map((parameter) => ({
      name: parameter.name,
      at: positionOf(parameter.name, template),
      check: compileValueCheck(parameter),
    })),
    query: inside('query').map((parameter) => ({
      name: parameter.name,
      required: parameter.required,
      isArray: parameter.type === 'array',
      check: compileValueCheck(parameter),
      defaultPair: parameter.default === undefined ? null : pairOf(parameter),
    })),
    header: inside('header').map((parameter) => ({
      name: parameter.name,
      key: parameter.name.toLowerCase(),
      required: parameter.required,
      check: compileValueCheck(parameter),
    })),
  };
}

/** Which segment of the template carries this name; -1 = none. */
export const positionOf = (name: string, template: readonly TemplateSegment[]): number =>
  template.findIndex((segment) => segment.kind === 'parameter' && segment.name === name);

const pairOf = ({ name, default: value }: Parameter): string =>
  `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`;

export type ParameterCheck =
  | { readonly ok: true; readonly query: string }
  | { readonly ok: false; readonly details: readonly FailureDetail[] };

export interface MatchedRequest {
  readonly request: InboundRequest;
  readonly segments: readonly string[];
  /** How many segments the base path took. */
  readonly baseDepth: number;
}

/** Row 14, all but the body. Answers the query to forward: as sent, plus what has a default. */
export function checkParameters(
  parameters: CompiledParameters | null,
  matched: MatchedRequest,
): ParameterCheck {
  const { request } = matched;
  if (parameters === null) return { ok: true, query: request.query };
  const details: FailureDetail[] = [];
  for (const { name, at, check } of parameters.path) {
    // Decodable: the path's escapes were checked when it was normalised.
    const text = matched.segments[matched.baseDepth + at] ?? '';
    const problem = check(text.includes('%') ? decodeURIComponent(text) : text);
    if (problem !== null) details.push({ path: `path.${name}`, message: problem });
  }
  const query = checkQuery(parameters.query, request.query, details);
  for (const parameter of parameters.header) checkHeader(parameter, request, details);
  if (details.length === 0) return { ok: true, query };
  return { ok: false, details: details.slice(0, DETAILS_MAX) };
}

function checkQuery(
  parameters: readonly QueryParameter[],
  query: string,
  details: FailureDetail[],
): string {
  if (parameters.length === 0) return query;
  const parsed = parseQuery(query);
  if (parsed === null) {
    details.push({ path: 'query', message: 'has a malformed percent escape' });
    return query;
  }
  let forwarded = query;
  for (const { name, required, isArray, check, defaultPair } of parameters) {
    const values = parsed.get(name);
    if (values === undefined) {
      if (defaultPair !== null) forwarded += forwarded === '' ? defaultPair : `&${defaultPair}`;
      else if (required) details.push({ path: `query.${name}`, message: 'is required' });
    } else if (values.length > 1 && !isArray) {
      details.push({ path: `query.${name}`, message: 'must be given once' });
    } else checkValues(`query.${name}`, values, { check, isArray, details });
  }
  return forwarded;
}

interface ValuesCheck {
  readonly check: ValueCheck;
  readonly isArray: boolean;
  readonly details: FailureDetail[];
}

function checkValues(
  path: string,
  values: readonly string[],
  { check, isArray, details }: ValuesCheck,
): void {
  for (const [at, value] of values.entries()) {
    const message = check(value);
    if (message !== null) details.push({ path: isArray ? `${path}.${at}` : path, message });
    if (details.length >= DETAILS_MAX) return;
  }
}

function checkHeader(
  { name, key, required, check }: HeaderParameter,
  request: InboundRequest,
  details: FailureDetail[],
): void {
  const value = request.headers[key];
  if (value === undefined) {
    if (required) details.push({ path: `header.${name}`, message: 'is required' });
    return;
  }
  const message = typeof value === 'string' ? check(value) : 'must be given once';
  if (message !== null) details.push({ path: `header.${name}`, message });
}
