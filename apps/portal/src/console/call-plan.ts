import type { EndpointDetail, Header, Method } from '../api/types.ts';
import { fieldKey, hasWildcard, sendsBody, WILDCARD } from './call-input.ts';
import type { CallInput, ExtraField } from './call-input.ts';
import { valueProblem } from './value-problem.ts';

export interface Problem {
  /** `path.order_id`, `query.limit`, `body`: the key of the field. */
  readonly field: string;
  readonly message: string;
}

/** A call ready to be made: the same for Send and for every code sample. */
export interface CallPlan {
  readonly method: Method;
  readonly pathParams: Readonly<Record<string, string>>;
  /** Filled in and escaped; fields still missing stand as `{name}`. */
  readonly path: string;
  readonly query: readonly (readonly [string, string])[];
  /** Without the auth headers. */
  readonly headers: readonly Header[];
  readonly body: string | undefined;
  readonly problems: readonly Problem[];
}

export function planCall(endpoint: EndpointDetail, input: CallInput): CallPlan {
  const pathParams = valuesIn(endpoint, input, 'path');
  if (hasWildcard(endpoint)) pathParams['*'] = (input.values[WILDCARD] ?? '').replace(/^\/+/, '');
  const body = sendsBody(input.method) && input.body.trim() !== '' ? input.body : undefined;
  return {
    method: input.method,
    pathParams,
    path: fillPath(endpoint.full_path, pathParams),
    query: [...queryPairs(endpoint, input), ...named(input.extraQuery)],
    headers: plannedHeaders(endpoint, input, body),
    body,
    problems: [...fieldProblems(endpoint, input), ...bodyProblems(endpoint, input, body)],
  };
}

/** `path?a=1&a=2` below the gateway's address. */
export const planTarget = ({ path, query }: CallPlan): string =>
  query.length === 0
    ? path
    : `${path}?${new URLSearchParams(query.map(([name, value]) => [name, value]))}`;

export function fillPath(template: string, params: Readonly<Record<string, string>>): string {
  return template
    .split('/')
    .map((segment) => {
      if (segment === '*') return (params['*'] ?? '').split('/').map(encodeURIComponent).join('/');
      const name = /^\{(.+)\}$/.exec(segment)?.[1];
      const value = name === undefined ? undefined : params[name];
      return value ? encodeURIComponent(value) : segment;
    })
    .join('/');
}

function valuesIn(endpoint: EndpointDetail, input: CallInput, where: 'path' | 'header') {
  const values: Record<string, string> = {};
  for (const parameter of endpoint.parameters) {
    const value = input.values[fieldKey(parameter)] ?? '';
    if (parameter.in === where && value !== '') values[parameter.name] = value;
  }
  // A template may name what the parameter list forgot.
  for (const [, name] of endpoint.full_path.matchAll(/\{([^}]+)\}/g)) {
    const value = input.values[`path.${name}`];
    if (where === 'path' && name && value) values[name] = value;
  }
  return values;
}

const queryPairs = (endpoint: EndpointDetail, input: CallInput): [string, string][] =>
  endpoint.parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap((parameter) => {
      const value = input.values[fieldKey(parameter)] ?? '';
      const values = parameter.type === 'array' ? listItems(value) : value === '' ? [] : [value];
      return values.map((item): [string, string] => [parameter.name, item]);
    });

/** Array parameters are typed separated by commas or lines, and sent repeated. */
export const listItems = (text: string): string[] =>
  text
    .split(/[,\n]/)
    .map((item) => item.trim())
    .filter((item) => item !== '');

const named = (fields: readonly ExtraField[]): [string, string][] =>
  fields.flatMap(({ name, value }) => (name.trim() === '' ? [] : [[name.trim(), value]]));

function plannedHeaders(
  endpoint: EndpointDetail,
  input: CallInput,
  body: string | undefined,
): Header[] {
  const defined = Object.entries(valuesIn(endpoint, input, 'header'));
  const headers = [...defined, ...named(input.extraHeaders)].map(([name, value]) => ({
    name,
    value,
  }));
  const hasType = headers.some(({ name }) => name.toLowerCase() === 'content-type');
  if (body === undefined || hasType) return headers;
  return [{ name: 'Content-Type', value: 'application/json' }, ...headers];
}

function fieldProblems(endpoint: EndpointDetail, input: CallInput): Problem[] {
  const problems = endpoint.parameters.flatMap((parameter): Problem[] => {
    const field = fieldKey(parameter);
    const message = valueProblem(parameter, input.values[field] ?? '');
    return message === undefined ? [] : [{ field, message }];
  });
  const isWildcardEmpty = hasWildcard(endpoint) && !input.values[WILDCARD]?.replace(/^\/+/, '');
  if (isWildcardEmpty) {
    problems.push({ field: WILDCARD, message: 'Say which path below this one to call.' });
  }
  return problems;
}

function bodyProblems(
  endpoint: EndpointDetail,
  input: CallInput,
  body: string | undefined,
): Problem[] {
  if (!sendsBody(input.method)) return [];
  if (body === undefined) {
    return endpoint.request_schema
      ? [{ field: 'body', message: 'This endpoint wants a JSON body.' }]
      : [];
  }
  const type = input.extraHeaders.find(({ name }) => name.trim().toLowerCase() === 'content-type');
  if (type && !/\bjson\b/i.test(type.value)) return [];
  try {
    JSON.parse(body);
    return [];
  } catch (error) {
    return [{ field: 'body', message: `Not valid JSON: ${(error as Error).message}` }];
  }
}
