import type { JsonSchema } from '@portico/contracts';
import { isObject, type JsonObject } from './exportable.ts';
import { isSchema, mapSubschemas } from './schema-keywords.ts';

/** Keywords that name or place a whole document; inside an OpenAPI document they mislead. */
const DOCUMENT_KEYWORDS = [
  '$schema',
  '$id',
  'id',
  '$anchor',
  '$dynamicAnchor',
  '$vocabulary',
  '$comment',
  '$defs',
  'definitions',
  'discriminator',
  'externalDocs',
  'xml',
];

/**
 * One schema in the dialect of OpenAPI 3.1 (JSON Schema 2020-12), whatever draft it was written in.
 * `resolve` turns a reference into one that is valid in the document, or undefined where it leads
 * nowhere.
 */
export function toSchema2020(
  schema: JsonSchema,
  resolve: (reference: string) => string | undefined,
): JsonObject | boolean {
  if (typeof schema === 'boolean') return schema;
  const converted = mapSubschemas(schema, (subschema) => toSchema2020(subschema, resolve));
  rewriteTuple(converted);
  rewriteDependencies(converted);
  rewriteDraft4Limits(converted);
  rewriteNullable(converted);
  rewriteExample(converted);
  for (const keyword of DOCUMENT_KEYWORDS) delete converted[keyword];
  rewriteReference(converted, resolve);
  giveArraysItems(converted);
  return converted;
}

function rewriteTuple(schema: JsonObject): void {
  const { items, additionalItems } = schema;
  delete schema.additionalItems;
  if (!Array.isArray(items)) return;
  delete schema.items;
  schema.prefixItems = items;
  if (additionalItems !== undefined) schema.items = additionalItems;
}

function rewriteDependencies(schema: JsonObject): void {
  if (!isObject(schema.dependencies)) return;
  for (const [property, dependency] of Object.entries(schema.dependencies)) {
    const keyword = Array.isArray(dependency) ? 'dependentRequired' : 'dependentSchemas';
    schema[keyword] = { ...(schema[keyword] as JsonObject | undefined), [property]: dependency };
  }
  delete schema.dependencies;
}

function rewriteDraft4Limits(schema: JsonObject): void {
  for (const [exclusive, inclusive] of [
    ['exclusiveMinimum', 'minimum'],
    ['exclusiveMaximum', 'maximum'],
  ] as const) {
    if (typeof schema[exclusive] !== 'boolean') continue;
    const isExclusive = schema[exclusive];
    delete schema[exclusive];
    if (!isExclusive || schema[inclusive] === undefined) continue;
    schema[exclusive] = schema[inclusive];
    delete schema[inclusive];
  }
}

function rewriteNullable(schema: JsonObject): void {
  if (schema.nullable === true && schema.type !== undefined) {
    schema.type = [...new Set([schema.type, 'null'].flat())];
  }
  delete schema.nullable;
}

function rewriteExample(schema: JsonObject): void {
  if (schema.example !== undefined && schema.examples === undefined) {
    schema.examples = [schema.example];
  }
  delete schema.example;
  if (schema.examples !== undefined && !Array.isArray(schema.examples)) delete schema.examples;
}

function rewriteReference(
  schema: JsonObject,
  resolve: (reference: string) => string | undefined,
): void {
  const reference = schema.$ref ?? schema.$dynamicRef;
  delete schema.$ref;
  delete schema.$dynamicRef;
  if (typeof reference !== 'string') return;
  const $ref = resolve(reference);
  if ($ref === undefined) return;
  // Beside other keywords 3.0 ignores a reference, and tools for 3.1 trip over a recursive one.
  if (Object.keys(schema).length === 0) schema.$ref = $ref;
  else schema.allOf = [...((schema.allOf as unknown[] | undefined) ?? []), { $ref }];
}

/** Many generators refuse an array that does not say what it holds. */
function giveArraysItems(schema: JsonObject): void {
  if (![schema.type].flat().includes('array')) return;
  if (!isSchema(schema.items)) {
    // `items: {}` would count every item as evaluated and so switch `unevaluatedItems` off.
    schema.items = schema.prefixItems === undefined ? (schema.unevaluatedItems ?? {}) : {};
  }
  // Means the same; tools take a bare `false` for "no items schema at all".
  if (schema.items === false) schema.items = { not: {} };
}
