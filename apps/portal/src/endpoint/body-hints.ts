import type { JsonSchema } from '../api/types.ts';
import { resolveSchema } from './resolve-schema.ts';

const HINTS_MAX = 5;

/**
 * What a body lacks or has too much of, by its schema: fields missing, fields unknown. Types and
 * ranges are left to the gateway, which answers with the exact place.
 */
export function bodyHints(schema: JsonSchema, text: string): readonly string[] {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return [];
  }
  return hintsAt({ schema, root: schema, value: body, path: '' }).slice(0, HINTS_MAX);
}

interface At {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly value: unknown;
  readonly path: string;
}

function hintsAt({ schema, root, value, path }: At): string[] {
  const node = resolveSchema(schema, root);
  if (typeof node === 'boolean' || typeof value !== 'object' || value === null) return [];
  if (Array.isArray(value)) {
    const items = (node.items ?? true) as JsonSchema;
    return value.flatMap((item, index) =>
      hintsAt({ schema: items, root, value: item, path: `${path}[${index}]` }),
    );
  }
  const properties = (node.properties ?? {}) as Record<string, JsonSchema>;
  const required = (node.required ?? []) as string[];
  const full = (name: string): string => (path === '' ? name : `${path}.${name}`);
  const missing = required.filter((name) => !(name in value));
  const unknown =
    node.additionalProperties === false
      ? Object.keys(value).filter((name) => !(name in properties))
      : [];
  const inside = Object.entries(value).flatMap(([name, child]) =>
    properties[name] === undefined
      ? []
      : hintsAt({ schema: properties[name], root, value: child, path: full(name) }),
  );
  return [
    ...missing.map((name) => `${full(name)} is missing`),
    ...unknown.map((name) => `${full(name)} is not known here`),
    ...inside,
  ];
}

/** Every property name and enum value in a schema: what the editor completes. */
export function schemaWords(schema: JsonSchema): readonly string[] {
  const words = new Set<string>();
  const seen = new Set<unknown>();
  const visit = (node: unknown): void => {
    if (typeof node !== 'object' || node === null || seen.has(node)) return;
    seen.add(node);
    const { properties, enum: choices } = node as { properties?: object; enum?: unknown };
    Object.keys(properties ?? {}).forEach((name) => words.add(name));
    if (Array.isArray(choices)) {
      choices.forEach((choice) => typeof choice === 'string' && words.add(choice));
    }
    Object.values(node).forEach(visit);
  };
  visit(schema);
  return [...words];
}
