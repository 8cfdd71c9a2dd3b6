/** A path of ours in the words of OpenAPI, which has no wildcard. */
export interface OpenApiPath {
  /** `/files/{wildcard}`. */
  readonly path: string;
  /** Names in the order of the template, as this path spells them. */
  readonly parameterNames: readonly string[];
  /** The stand-in for a trailing `*`, when there is one. */
  readonly wildcardName: string | null;
  /** Two templates of one shape are the same path to OpenAPI, whatever their parameters are called. */
  readonly shape: string;
}

export function toOpenApiPath(template: string): OpenApiPath {
  const segments = template.split('/').slice(1);
  const parameterNames = segments.flatMap((segment) => parameterName(segment) ?? []);
  const isWild = segments.at(-1) === '*';
  const wildcardName = isWild ? freeName('wildcard', parameterNames) : null;
  const spell = (name: (segment: string) => string): string =>
    `/${segments.map((segment) => (parameterName(segment) === null && segment !== '*' ? literal(segment) : name(segment))).join('/')}`;
  return {
    path: spell((segment) => (segment === '*' ? `{${wildcardName}}` : segment)),
    parameterNames,
    wildcardName,
    shape: spell((segment) => (segment === '*' ? '{*}' : '{}')),
  };
}

/** `order_id` of `{order_id}`; null for a literal segment. */
export const parameterName = (segment: string): string | null =>
  /^\{([^{}]+)\}$/.exec(segment)?.[1] ?? null;

const literal = (segment: string): string => segment.replace(/[{}]/g, encodeURIComponent);

function freeName(wanted: string, taken: readonly string[]): string {
  let name = wanted;
  for (let n = 2; taken.includes(name); n++) name = `${wanted}_${n}`;
  return name;
}
