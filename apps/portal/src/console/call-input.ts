import type { EndpointDetail, Method, Parameter } from '../api/types.ts';
import { requestExample } from '../endpoint/examples.ts';

/** One line of headers or query that the endpoint's definition does not name. */
export interface ExtraField {
  readonly name: string;
  readonly value: string;
}

/** What the person has filled in, as text, as typed: the plan says what it means. */
export interface CallInput {
  readonly method: Method;
  /** By `<in>.<name>`; `path.*` is what stands for a trailing wildcard. */
  readonly values: Readonly<Record<string, string>>;
  readonly extraHeaders: readonly ExtraField[];
  readonly extraQuery: readonly ExtraField[];
  readonly body: string;
}

export const WILDCARD = 'path.*';

export const fieldKey = ({ in: where, name }: Pick<Parameter, 'in' | 'name'>): string =>
  `${where}.${name}`;

export const hasWildcard = ({ path }: Pick<EndpointDetail, 'path'>): boolean => path.endsWith('/*');

/** Bodies belong to these; a body elsewhere has no defined meaning (RFC 9110, 9.3.1). */
export const sendsBody = (method: string): boolean => ['POST', 'PUT', 'PATCH'].includes(method);

/** The form as it opens: examples filled in, so that Send works at once where it can. */
export function initialInput(
  endpoint: EndpointDetail,
  newUuid: () => string = () => crypto.randomUUID(),
): CallInput {
  const values = endpoint.parameters.flatMap((parameter) => {
    const { example, required, format } = parameter;
    // A required UUID is mostly an idempotency key: any fresh one will do.
    const needed = format === 'uuid' ? newUuid() : parameter.enum?.[0];
    const value = example ?? (required ? needed : undefined);
    return value === undefined ? [] : [[fieldKey(parameter), String(value)] as const];
  });
  return {
    method: endpoint.methods[0] ?? 'GET',
    values: Object.fromEntries(values),
    extraHeaders: [],
    extraQuery: [],
    body: requestExample(endpoint),
  };
}
