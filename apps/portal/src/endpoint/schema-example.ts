import type { JsonSchema } from '../api/types.ts';
import { resolveSchema } from './resolve-schema.ts';

const DEPTH_MAX = 6;

/** A value of the schema's shape: its own example where it has one, else the simplest that fits. */
export function exampleOf(schema: JsonSchema, root: JsonSchema = schema, depth = 0): unknown {
  const node = resolveSchema(schema, root);
  if (typeof node === 'boolean' || depth > DEPTH_MAX) return null;
  const given = givenExample(node);
  if (given !== undefined) return given;
  const option = firstOption(node);
  if (option !== undefined) return exampleOf(option, root, depth + 1);
  switch (typeOf(node)) {
    case 'object':
      return exampleObject(node, root, depth);
    case 'array':
      return node.items === undefined ? [] : [exampleOf(node.items as JsonSchema, root, depth + 1)];
    case 'integer':
    case 'number':
      return typeof node.minimum === 'number' ? node.minimum : 1;
    case 'boolean':
      return true;
    case 'null':
      return null;
    default:
      return exampleText(node);
  }
}

type SchemaObject = Exclude<JsonSchema, boolean>;

function givenExample(node: SchemaObject): unknown {
  if (node.const !== undefined) return node.const;
  if (node.example !== undefined) return node.example;
  if (Array.isArray(node.examples)) return node.examples[0];
  if (node.default !== undefined) return node.default;
  return Array.isArray(node.enum) ? node.enum[0] : undefined;
}

function firstOption(node: SchemaObject): JsonSchema | undefined {
  for (const key of ['oneOf', 'anyOf'] as const) {
    const options = node[key];
    if (Array.isArray(options) && options.length > 0) return options[0] as JsonSchema;
  }
  return undefined;
}

export function typeOf(node: SchemaObject): string | undefined {
  if (Array.isArray(node.type)) {
    return (node.type as string[]).find((type) => type !== 'null') ?? 'null';
  }
  if (typeof node.type === 'string') return node.type;
  return node.properties ? 'object' : node.items ? 'array' : undefined;
}

function exampleObject(node: SchemaObject, root: JsonSchema, depth: number): unknown {
  const properties = Object.entries((node.properties ?? {}) as Record<string, JsonSchema>);
  const required = new Set(Array.isArray(node.required) ? (node.required as string[]) : []);
  // Deep inside, only what must be there: an example of everything would be unreadable.
  const shown = properties.filter(([name]) => depth < 2 || required.has(name));
  return Object.fromEntries(
    shown.map(([name, child]) => [name, exampleOf(child, root, depth + 1)]),
  );
}

const BY_FORMAT: Record<string, string> = {
  date: '2026-01-31',
  'date-time': '2026-01-31T09:30:00.000Z',
  email: 'dev@example.com',
  uuid: '0f8fad5b-d9cb-469f-a165-70867728950e',
  uri: 'https://example.com/',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
};

function exampleText(node: SchemaObject): string {
  const known = typeof node.format === 'string' ? BY_FORMAT[node.format] : undefined;
  if (known) return known;
  const shortest = typeof node.minLength === 'number' ? Math.min(node.minLength, 64) : 0;
  return 'string'.padEnd(shortest, 'x');
}
