import { isObject, type JsonObject } from './exportable.ts';

/**
 * Which keywords hold schemas, so that a walk never mistakes data for a schema: a property may be
 * named `$ref`, and an `enum` may hold an object that looks like a schema.
 */
const HOLDS_SCHEMA = new Set([
  'additionalItems',
  'additionalProperties',
  'contains',
  'contentSchema',
  'else',
  'if',
  'items',
  'not',
  'propertyNames',
  'then',
  'unevaluatedItems',
  'unevaluatedProperties',
]);
const HOLDS_LIST = new Set(['allOf', 'anyOf', 'items', 'oneOf', 'prefixItems']);
const HOLDS_MAP = new Set([
  '$defs',
  'definitions',
  'dependencies',
  'dependentSchemas',
  'patternProperties',
  'properties',
]);

export const isSchema = (value: unknown): value is JsonObject | boolean =>
  typeof value === 'boolean' || isObject(value);

/** A copy of the schema with every direct subschema replaced by what `convert` makes of it. */
export function mapSubschemas(
  schema: JsonObject,
  convert: (subschema: JsonObject | boolean) => unknown,
): JsonObject {
  const convertAny = (value: unknown) => (isSchema(value) ? convert(value) : value);
  const entries = Object.entries(schema).map(([keyword, value]): [string, unknown] => {
    if (HOLDS_LIST.has(keyword) && Array.isArray(value)) return [keyword, value.map(convertAny)];
    if (HOLDS_SCHEMA.has(keyword)) return [keyword, convertAny(value)];
    if (HOLDS_MAP.has(keyword) && isObject(value)) return [keyword, mapValues(value, convertAny)];
    return [keyword, value];
  });
  return fromEntries(entries);
}

export const mapValues = (object: JsonObject, convert: (value: unknown) => unknown): JsonObject =>
  fromEntries(Object.entries(object).map(([key, value]) => [key, convert(value)]));

/** Every subschema with itself, outermost first. */
export function* walkSchema(schema: JsonObject | boolean): Generator<JsonObject> {
  if (typeof schema === 'boolean') return;
  yield schema;
  const below: (JsonObject | boolean)[] = [];
  mapSubschemas(schema, (subschema) => below.push(subschema));
  for (const subschema of below) yield* walkSchema(subschema);
}

// defineProperty semantics, so that a property called `__proto__` stays a property.
const fromEntries = (entries: readonly (readonly [string, unknown])[]): JsonObject =>
  Object.fromEntries(entries);
