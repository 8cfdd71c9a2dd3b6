import { isObject, type JsonObject } from './exportable.ts';
import { mapSubschemas } from './schema-keywords.ts';

/** All that a Schema Object of OpenAPI 3.0 may hold; it is closed, unlike that of 3.1. */
const KEYWORDS_30 = new Set([
  ...['title', 'multipleOf', 'maximum', 'exclusiveMaximum', 'minimum', 'exclusiveMinimum'],
  ...['maxLength', 'minLength', 'pattern', 'maxItems', 'minItems', 'uniqueItems'],
  ...['maxProperties', 'minProperties', 'required', 'enum', 'type', 'not', 'allOf', 'oneOf'],
  ...['anyOf', 'items', 'properties', 'additionalProperties', 'description', 'format', 'default'],
  ...['nullable', 'readOnly', 'writeOnly', 'example', 'deprecated'],
]);
/** Where the constraints go that 3.0 cannot say, so that their absence is visible. */
const NOT_EXPRESSED = 'x-not-expressed';

/**
 * Rewrites a 2020-12 schema for OpenAPI 3.0. What 3.0 can say in other words is said in them; what
 * it cannot is left out and named, so (except below a `not`) the result accepts everything that
 * the original does, never less.
 */
export function toSchema30(schema: JsonObject | boolean): JsonObject {
  if (schema === true) return {};
  if (schema === false) return { not: {} };
  const converted = mapSubschemas(schema, toSchema30);
  rewriteConditions(converted, schema);
  rewriteConst(converted);
  rewriteLimits(converted);
  rewriteObjects(converted, schema);
  rewriteTuple(converted);
  rewriteContent(converted);
  rewriteExamples(converted);
  rewriteTypes(converted);
  return keepKeywords(converted);
}

const also = (schema: JsonObject, condition: JsonObject): void => {
  schema.allOf = [...((schema.allOf as unknown[] | undefined) ?? []), condition];
};

/** `if a then b else c` is `(a and b) or (not a and c)`. */
function rewriteConditions(schema: JsonObject, original: JsonObject): void {
  const { if: premise, then: consequence = {}, else: alternative = {} } = schema;
  if (premise !== undefined && (original.then !== undefined || original.else !== undefined)) {
    also(schema, {
      anyOf: [{ allOf: [premise, consequence] }, { allOf: [{ not: premise }, alternative] }],
    });
  }
  for (const keyword of ['if', 'then', 'else']) delete schema[keyword];
  for (const [property, required] of entriesOf(schema.dependentRequired)) {
    if (Array.isArray(required) && required.length > 0)
      also(schema, unless(property, { required }));
  }
  for (const [property, dependent] of entriesOf(schema.dependentSchemas)) {
    also(schema, unless(property, dependent));
  }
  delete schema.dependentRequired;
  delete schema.dependentSchemas;
}

const unless = (property: string, condition: unknown): JsonObject => ({
  anyOf: [{ not: { required: [property] } }, condition],
});

const entriesOf = (value: unknown): [string, unknown][] =>
  isObject(value) ? Object.entries(value) : [];

function rewriteConst(schema: JsonObject): void {
  if (!('const' in schema)) return;
  if (schema.enum === undefined) schema.enum = [schema.const];
  else also(schema, { enum: [schema.const] });
  delete schema.const;
}

/** 3.0 has the flag of draft 4; of two limits the stronger one stays. */
function rewriteLimits(schema: JsonObject): void {
  for (const [exclusive, inclusive, sign] of [
    ['exclusiveMinimum', 'minimum', 1],
    ['exclusiveMaximum', 'maximum', -1],
  ] as const) {
    const bound = schema[exclusive];
    if (typeof bound !== 'number') continue;
    delete schema[exclusive];
    const other = schema[inclusive];
    if (typeof other === 'number' && (other - bound) * sign > 0) continue;
    schema[inclusive] = bound;
    schema[exclusive] = true;
  }
}

/** Properties named by pattern can only be described as "any additional property". */
function rewriteObjects(schema: JsonObject, original: JsonObject): void {
  if (typeof original.additionalProperties === 'boolean') {
    schema.additionalProperties = original.additionalProperties;
  }
  const patterns = entriesOf(schema.patternProperties).map(([, value]) => value);
  if (patterns.length === 0) return;
  const rest = schema.additionalProperties;
  if (rest === false) schema.additionalProperties = oneOrAny(patterns);
  else if (isObject(rest)) schema.additionalProperties = { anyOf: [...patterns, rest] };
}

function rewriteTuple(schema: JsonObject): void {
  if (!Array.isArray(schema.prefixItems)) return;
  const original = schema.items;
  const isClosed = isObject(original) && isObject(original.not) && isEmpty(original.not);
  if (isClosed) {
    schema.maxItems ??= schema.prefixItems.length;
    schema.items = oneOrAny(schema.prefixItems);
  } else {
    schema.items = oneOrAny([...schema.prefixItems, original ?? {}]);
  }
}

const isEmpty = (object: JsonObject): boolean => Object.keys(object).length === 0;

const oneOrAny = (schemas: readonly unknown[]): unknown =>
  schemas.length === 1 ? schemas[0] : { anyOf: schemas };

function rewriteContent(schema: JsonObject): void {
  if (schema.format !== undefined) return;
  if (schema.contentEncoding === 'base64') schema.format = 'byte';
  else if (schema.contentMediaType === 'application/octet-stream') schema.format = 'binary';
}

function rewriteExamples(schema: JsonObject): void {
  if (Array.isArray(schema.examples) && schema.examples.length > 0) {
    schema.example = schema.examples[0];
  }
  delete schema.examples;
}

/** 3.0 knows one type and a `nullable` flag that counts only beside a type. */
function rewriteTypes(schema: JsonObject): void {
  if (schema.type === undefined) return;
  const types = [schema.type].flat();
  const named = types.filter((type) => type !== 'null');
  const nullable = named.length < types.length ? { nullable: true } : {};
  delete schema.type;
  if (named.length === 0) Object.assign(schema, { nullable: true, enum: [null] });
  else if (named.length === 1) Object.assign(schema, { type: named[0] }, nullable);
  else also(schema, { anyOf: named.map((type) => typeOnly(type, nullable)) });
}

const typeOnly = (type: unknown, nullable: JsonObject): JsonObject => ({
  type,
  ...(type === 'array' ? { items: {} } : {}),
  ...nullable,
});

function keepKeywords(schema: JsonObject): JsonObject {
  const kept: JsonObject = {};
  const lost: string[] = [];
  for (const [keyword, value] of Object.entries(schema)) {
    if (KEYWORDS_30.has(keyword) || keyword === '$ref' || keyword.startsWith('x-')) {
      if (!isEmptyList(keyword, value)) kept[keyword] = value;
    } else if (CONSTRAINTS.has(keyword)) lost.push(keyword);
  }
  return lost.length === 0 ? kept : { ...kept, [NOT_EXPRESSED]: lost.sort() };
}

const CONSTRAINTS = new Set([
  ...['contains', 'minContains', 'maxContains', 'propertyNames', 'patternProperties'],
  ...['unevaluatedItems', 'unevaluatedProperties', 'prefixItems', 'contentSchema'],
]);

const isEmptyList = (keyword: string, value: unknown): boolean =>
  ['required', 'enum', 'allOf', 'anyOf', 'oneOf'].includes(keyword) &&
  Array.isArray(value) &&
  value.length === 0;
