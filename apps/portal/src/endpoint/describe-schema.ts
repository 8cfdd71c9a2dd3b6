import type { JsonSchema } from '../api/types.ts';
import { resolveSchema } from './resolve-schema.ts';
import { typeOf } from './schema-example.ts';

/** A schema as people read it: a name, what it is, what it must satisfy, and what is inside. */
export interface SchemaField {
  readonly name: string;
  readonly type: string;
  readonly isRequired: boolean;
  readonly description: string | undefined;
  /** `1 to 200`, `one of open, shipped`, `matches ^[A-Z]{3}$`. */
  readonly rules: readonly string[];
  readonly children: readonly SchemaField[];
  /** Exactly or at least one of these. */
  readonly options: readonly SchemaField[];
}

const DEPTH_MAX = 8;
type SchemaObject = Exclude<JsonSchema, boolean>;

/** Ends at circular references, which it names instead of following. */
export function describeSchema(schema: JsonSchema): SchemaField {
  return describe({ schema, root: schema, name: '', isRequired: true, depth: 0 });
}

interface At {
  readonly schema: JsonSchema;
  readonly root: JsonSchema;
  readonly name: string;
  readonly isRequired: boolean;
  readonly depth: number;
}

function describe(at: At): SchemaField {
  const node = resolveSchema(at.schema, at.root);
  const { name, isRequired } = at;
  const plain = { name, isRequired, description: undefined, rules: [], children: [], options: [] };
  if (node === false) return { ...plain, type: 'nothing' };
  if (node === true) return { ...plain, type: 'anything' };
  const isTooDeep = at.depth >= DEPTH_MAX;
  return {
    name,
    isRequired,
    type: typeName(node, at.root),
    description: typeof node.description === 'string' ? node.description : undefined,
    rules: rulesOf(node),
    children: isTooDeep ? [] : childrenOf(node, at),
    options: isTooDeep ? [] : optionsOf(node, at),
  };
}

function childrenOf(node: SchemaObject, at: At): SchemaField[] {
  const type = typeOf(node);
  if (type === 'array' && typeof node.items === 'object' && node.items !== null) {
    const items = resolveSchema(node.items as JsonSchema, at.root);
    return typeof items === 'boolean' ? [] : childrenOf(items, { ...at, depth: at.depth + 1 });
  }
  if (at.depth >= DEPTH_MAX || !node.properties) return [];
  const required = new Set(Array.isArray(node.required) ? (node.required as string[]) : []);
  return Object.entries(node.properties as Record<string, JsonSchema>).map(([name, schema]) =>
    describe({ ...at, schema, name, isRequired: required.has(name), depth: at.depth + 1 }),
  );
}

function optionsOf(node: SchemaObject, at: At): SchemaField[] {
  const options = (node.oneOf ?? node.anyOf) as JsonSchema[] | undefined;
  if (!Array.isArray(options)) return [];
  return options.map((schema, index) => {
    const title = typeof schema === 'object' ? (schema as { title?: unknown }).title : undefined;
    const name = typeof title === 'string' ? title : `Option ${index + 1}`;
    return describe({ ...at, schema, name, isRequired: false, depth: at.depth + 1 });
  });
}

function typeName(node: SchemaObject, root: JsonSchema): string {
  const nullable = Array.isArray(node.type) && (node.type as string[]).includes('null');
  return `${baseType(node, root)}${nullable ? ' or null' : ''}`;
}

function baseType(node: SchemaObject, root: JsonSchema): string {
  const type = typeOf(node);
  if (type === 'array') {
    const items = resolveSchema((node.items ?? true) as JsonSchema, root);
    return typeof items === 'boolean' ? 'list' : `list of ${typeOf(items) ?? 'anything'}`;
  }
  if (type) return typeof node.format === 'string' ? `${type} (${node.format})` : type;
  if (node.oneOf ?? node.anyOf) return 'one of several';
  return node.enum || node.const !== undefined ? 'value' : 'anything';
}

function rulesOf(node: SchemaObject): string[] {
  const rules: string[] = [];
  if (node.const !== undefined) rules.push(`always ${JSON.stringify(node.const)}`);
  if (Array.isArray(node.enum)) rules.push(`one of ${node.enum.map(String).join(', ')}`);
  const ranges = [
    range(node.minimum, node.maximum, ''),
    range(node.minLength, node.maxLength, ' characters'),
    range(node.minItems, node.maxItems, ' items'),
  ];
  rules.push(...ranges.filter((text) => text !== undefined));
  if (typeof node.pattern === 'string') rules.push(`matches ${node.pattern}`);
  if (node.default !== undefined) rules.push(`default ${JSON.stringify(node.default)}`);
  if (node.additionalProperties === false) rules.push('no other fields');
  return rules;
}

function range(low: unknown, high: unknown, unit: string): string | undefined {
  if (typeof low === 'number' && typeof high === 'number') return `${low} to ${high}${unit}`;
  if (typeof low === 'number') return `at least ${low}${unit}`;
  return typeof high === 'number' ? `at most ${high}${unit}` : undefined;
}
