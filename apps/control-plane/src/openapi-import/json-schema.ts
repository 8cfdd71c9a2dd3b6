import { isPlainObject, type JsonObject } from '../validation/merge-patch.ts';

/** Documentation only: a validator in strict mode would not know these. */
const ANNOTATIONS = ['xml', 'externalDocs', 'discriminator', 'example'] as const;

/** Maps of schemas by name, single schemas, and lists of schemas inside a schema. */
const BY_NAME = ['properties', 'patternProperties', '$defs', 'definitions', 'dependentSchemas'];
const SINGLE = ['items', 'additionalProperties', 'not', 'if', 'then', 'else', 'contains'];
const LISTS = ['allOf', 'anyOf', 'oneOf', 'prefixItems'];

/** An OpenAPI 3.0 or 3.1 schema as plain JSON Schema; `nullable` and boolean bounds are 3.0's own. */
export function toJsonSchema(schema: unknown): unknown {
  if (!isPlainObject(schema)) return schema;
  const result: JsonObject = {};
  for (const [name, value] of Object.entries(schema)) {
    if (name.startsWith('x-') || ANNOTATIONS.includes(name as never)) continue;
    result[name] = converted(name, value);
  }
  return withPlainBounds(withNull(result));
}

function converted(name: string, value: unknown): unknown {
  if (BY_NAME.includes(name) && isPlainObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, toJsonSchema(one)]));
  }
  if (SINGLE.includes(name)) return toJsonSchema(value);
  if (LISTS.includes(name) && Array.isArray(value)) return value.map(toJsonSchema);
  return value;
}

function withNull({ nullable, ...schema }: JsonObject): JsonObject {
  if (nullable !== true) return schema;
  if (typeof schema['type'] !== 'string') return { anyOf: [schema, { type: 'null' }] };
  const nullableEnum = Array.isArray(schema['enum']) ? { enum: [...schema['enum'], null] } : {};
  return { ...schema, ...nullableEnum, type: [schema['type'], 'null'] };
}

function withPlainBounds(schema: JsonObject): JsonObject {
  const result = { ...schema };
  for (const [exclusive, inclusive] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof result[exclusive] !== 'boolean') continue;
    const isExclusive = result[exclusive] && result[inclusive] !== undefined;
    delete result[exclusive];
    if (!isExclusive) continue;
    result[exclusive] = result[inclusive];
    delete result[inclusive];
  }
  return result;
}
