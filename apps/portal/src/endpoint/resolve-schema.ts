import type { JsonSchema } from '../api/types.ts';

const HOPS_MAX = 16;

/**
 * Follows local references (`#/$defs/order`) and merges `allOf`. Reference targets elsewhere, and
 * circles, become `true`: anything.
 */
export function resolveSchema(schema: JsonSchema, root: JsonSchema): JsonSchema {
  let node: JsonSchema = schema;
  for (let hop = 0; typeof node !== 'boolean' && typeof node.$ref === 'string'; hop += 1) {
    if (hop > HOPS_MAX) return true;
    const { $ref: reference, ...beside } = node as { $ref: string };
    const target: JsonSchema = lookUp(reference, root);
    node = typeof target === 'boolean' ? target : { ...target, ...beside };
  }
  if (typeof node === 'boolean' || !Array.isArray(node.allOf)) return node;
  return mergeAll(node, root);
}

function lookUp(reference: string, root: JsonSchema): JsonSchema {
  if (!reference.startsWith('#')) return true;
  let at: unknown = root;
  for (const part of reference.slice(1).split('/').filter(Boolean)) {
    const key = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    at = typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[key] : undefined;
  }
  return typeof at === 'object' && at !== null ? (at as JsonSchema) : true;
}

function mergeAll(node: Exclude<JsonSchema, boolean>, root: JsonSchema): JsonSchema {
  const { allOf, ...merged } = node as { allOf: JsonSchema[] } & Record<string, unknown>;
  let properties = (merged.properties ?? {}) as Record<string, unknown>;
  let required = (merged.required ?? []) as string[];
  for (const part of allOf) {
    // A part that refers to the whole would never end.
    if (part === root) continue;
    const resolved = resolveSchema(part, root);
    if (typeof resolved === 'boolean') continue;
    properties = { ...(resolved.properties as object), ...properties };
    required = [...required, ...((resolved.required ?? []) as string[])];
    for (const [key, value] of Object.entries(resolved)) merged[key] ??= value;
  }
  return {
    ...merged,
    ...(Object.keys(properties).length > 0 ? { properties } : {}),
    ...(required.length > 0 ? { required: [...new Set(required)] } : {}),
  };
}
