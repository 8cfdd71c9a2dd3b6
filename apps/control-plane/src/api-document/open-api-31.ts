import type { OpenAPIObject } from '@nestjs/swagger';

/** OpenAPI 3.1 schemas are JSON Schema: there is no `nullable`, and `null` is a type. */
export const toOpenApi31 = (document: OpenAPIObject): OpenAPIObject =>
  withoutNullable(document) as OpenAPIObject;

function withoutNullable(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutNullable);
  if (typeof node !== 'object' || node === null) return node;
  const copy: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(node)) copy[name] = withoutNullable(value);
  if (typeof copy['nullable'] !== 'boolean') return copy;
  const { nullable, ...schema } = copy;
  if (!nullable) return schema;
  if (typeof schema['type'] === 'string') return { ...schema, type: [schema['type'], 'null'] };
  return { anyOf: [schema, { type: 'null' }] };
}
