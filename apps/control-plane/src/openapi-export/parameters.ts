import type { Parameter } from '@portico/contracts';
import type { ExportableEndpoint, JsonObject } from './exportable.ts';
import type { OpenApiPath } from './path-template.ts';

/** OpenAPI ignores header parameters of these names: they have places of their own. */
const HEADERS_WITH_THEIR_OWN_PLACE = new Set([
  'accept',
  'authorization',
  'content-type',
  'x-client-id',
  'x-profile-id',
]);

/** `shown` is the path under which the endpoint appears; it may spell parameter names differently. */
export function toOpenApiParameters(
  endpoint: ExportableEndpoint,
  own: OpenApiPath,
  shown: OpenApiPath,
): JsonObject[] {
  const inPath = own.parameterNames.map((name, index) => {
    const declared = endpoint.parameters.find((p) => p.in === 'path' && p.name === name);
    const shownName = shown.parameterNames[index] ?? name;
    return { ...toParameter(declared ?? undeclared(name)), name: shownName, required: true };
  });
  const seen = new Set<string>();
  const elsewhere = endpoint.parameters.filter((parameter) => {
    const key = `${parameter.in} ${headerCase(parameter)}`;
    const isFirst = !seen.has(key);
    seen.add(key);
    return parameter.in !== 'path' && isFirst && !hasItsOwnPlace(parameter);
  });
  return [...inPath, ...wildcard(shown.wildcardName), ...elsewhere.map(toParameter)];
}

const headerCase = (parameter: Parameter): string =>
  parameter.in === 'header' ? parameter.name.toLowerCase() : parameter.name;

const hasItsOwnPlace = (parameter: Parameter): boolean =>
  parameter.in === 'header' && HEADERS_WITH_THEIR_OWN_PLACE.has(parameter.name.toLowerCase());

const undeclared = (name: string): Parameter => ({
  name,
  in: 'path',
  type: 'string',
  required: true,
});

const wildcard = (name: string | null): JsonObject[] =>
  name === null
    ? []
    : [
        {
          name,
          in: 'path',
          required: true,
          description:
            'The rest of the path: any number of segments. Send its slashes as they are, not percent-encoded.',
          schema: { type: 'string' },
          'x-portico-wildcard': true,
        },
      ];

function toParameter(parameter: Parameter): JsonObject {
  return withoutUndefined({
    name: parameter.name,
    in: parameter.in,
    required: parameter.required,
    description: parameter.description,
    ...(parameter.type === 'array' && parameter.in === 'query' ? REPEATED : {}),
    schema: toParameterSchema(parameter),
    example: parameter.example,
  });
}

const REPEATED = { style: 'form', explode: true };

function toParameterSchema(parameter: Parameter): JsonObject {
  const one = withoutUndefined({
    type: parameter.type === 'array' ? (parameter.items ?? 'string') : parameter.type,
    format: parameter.format,
    enum: parameter.enum,
    pattern: parameter.pattern,
    minimum: parameter.minimum,
    maximum: parameter.maximum,
    minLength: parameter.min_length,
    maxLength: parameter.max_length,
  });
  const byDefault = parameter.default;
  if (parameter.type !== 'array') return withoutUndefined({ ...one, default: byDefault });
  const defaults = byDefault === undefined ? {} : { default: [byDefault] };
  return { type: 'array', items: one, ...defaults };
}

export const withoutUndefined = (object: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
