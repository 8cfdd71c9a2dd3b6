import { HTTP_METHODS, jsonSchemaSchema, type Method, type Parameter } from '@portico/contracts';
import { invalid } from '../http/api-error.ts';
import { isPlainObject, type JsonObject } from '../validation/merge-patch.ts';
import { toJsonSchema } from './json-schema.ts';
import { referenceResolver, UnresolvableReference } from './resolve-references.ts';
import { toParameter } from './to-parameter.ts';

/** An operation as the draft endpoint it becomes, with what got lost on the way. */
export interface ImportedOperation {
  readonly method: Method;
  readonly path: string;
  readonly fields: JsonObject;
  readonly notes: readonly string[];
}

export interface ImportedApi {
  readonly operations: readonly ImportedOperation[];
  readonly skipped: readonly { readonly operation: string; readonly reason: string }[];
}

const OPERATIONS_MAX = 2_000;

/** Reads OpenAPI 3.0 or 3.1. Throws 422 for anything else; a single bad operation is skipped. */
export function readOpenApi(document: unknown): ImportedApi {
  if (!isPlainObject(document)) throw invalid({ path: 'body', message: 'must be an object' });
  const version = document['openapi'];
  if (typeof version !== 'string' || !/^3\.[01]\.\d+/.test(version)) {
    throw invalid({ path: 'body.openapi', message: 'must be 3.0.x or 3.1.x' });
  }
  const { paths } = document;
  if (!isPlainObject(paths)) throw invalid({ path: 'body.paths', message: 'is required' });
  const resolve = referenceResolver(document);
  const operations: ImportedOperation[] = [];
  const skipped: { operation: string; reason: string }[] = [];
  for (const { method, path, item } of operationsIn(paths, resolve, skipped)) {
    if (operations.length >= OPERATIONS_MAX) {
      throw invalid({ path: 'body.paths', message: `has more than ${OPERATIONS_MAX} operations` });
    }
    try {
      operations.push(toOperation({ method, path, item }, resolve));
    } catch (error) {
      if (!(error instanceof UnresolvableReference)) throw error;
      skipped.push({ operation: `${method} ${path}`, reason: error.message });
    }
  }
  return { operations, skipped };
}

interface Source {
  readonly method: Method;
  readonly path: string;
  readonly item: JsonObject;
}

type Resolve = (node: unknown) => unknown;

function* operationsIn(
  paths: JsonObject,
  resolve: Resolve,
  skipped: { operation: string; reason: string }[],
): Generator<Source> {
  for (const [path, given] of Object.entries(paths)) {
    // Only the path item itself may be a reference here; its operations are resolved one by one.
    const item = isPlainObject(given) && '$ref' in given ? resolve(given) : given;
    if (!isPlainObject(item) || path.startsWith('x-')) continue;
    for (const name of Object.keys(item)) {
      const method = name.toUpperCase() as Method;
      if (HTTP_METHODS.includes(method)) yield { method, path, item };
      else if (name === 'trace') {
        skipped.push({ operation: `TRACE ${path}`, reason: 'TRACE cannot be published' });
      }
    }
  }
}

function toOperation({ method, path, item }: Source, resolve: Resolve): ImportedOperation {
  const operation = resolve(item[method.toLowerCase()]) as JsonObject;
  const notes: string[] = [];
  const summary = textOf(operation['summary']) ?? textOf(operation['operationId']);
  const request = jsonContentOf(operation['requestBody'], 'the request body', notes);
  const response = jsonContentOf(successOf(operation['responses']), 'the response', notes);
  const fields = {
    name: (summary?.trim() || `${method} ${path}`).slice(0, 200),
    description: textOf(operation['description'])?.slice(0, 10_000) ?? '',
    methods: [method],
    path: withoutTrailingSlash(path),
    parameters: parametersOf([resolve(item['parameters']), operation['parameters']], notes),
    request_schema: schemaIn(request, notes),
    response_schema: schemaIn(response, notes),
    examples: {
      ...exampleIn('request', request),
      ...exampleIn('response', response),
    },
  };
  return { method, path: fields.path, fields, notes };
}

/** An operation's parameter replaces the path item's of the same name and place. */
function parametersOf(lists: readonly unknown[], notes: string[]): Parameter[] {
  const parameters = new Map<string, Parameter>();
  for (const source of lists.flatMap((list) => (Array.isArray(list) ? (list as unknown[]) : []))) {
    const result = toParameter(source);
    if (result.kind !== 'ignored' && result.note !== undefined) notes.push(result.note);
    if (result.kind !== 'imported') continue;
    parameters.set(`${result.parameter.in} ${result.parameter.name}`, result.parameter);
  }
  return [...parameters.values()];
}

function jsonContentOf(source: unknown, what: string, notes: string[]): JsonObject | undefined {
  const content = isPlainObject(source) ? source['content'] : undefined;
  if (!isPlainObject(content)) return undefined;
  const types = Object.keys(content);
  const json = types.find((type) => /^application\/(?:[\w.+-]+\+)?json\b/i.test(type));
  if (json === undefined) {
    if (types.length > 0) notes.push(`${what} is ${types.join(', ')}: passed on unchecked`);
    return undefined;
  }
  const media = content[json];
  return isPlainObject(media) ? media : undefined;
}

/** The first 2xx answer, else `default`. */
function successOf(responses: unknown): unknown {
  if (!isPlainObject(responses)) return undefined;
  const status = Object.keys(responses).find((key) => /^2(?:\d\d|XX)$/i.test(key));
  return responses[status ?? 'default'];
}

function schemaIn(media: JsonObject | undefined, notes: string[]): unknown {
  if (media?.['schema'] === undefined) return null;
  const schema = jsonSchemaSchema.safeParse(toJsonSchema(media['schema']));
  if (schema.success) return schema.data;
  notes.push('a schema is not an object: left out');
  return null;
}

function exampleIn(name: string, media: JsonObject | undefined): JsonObject {
  if (media === undefined) return {};
  if (media['example'] !== undefined) return { [name]: media['example'] };
  const [first] = isPlainObject(media['examples']) ? Object.values(media['examples']) : [];
  return isPlainObject(first) && first['value'] !== undefined ? { [name]: first['value'] } : {};
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value.trim() !== '' ? value : undefined;

const withoutTrailingSlash = (path: string): string =>
  path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
