import { parameterSchema, type Parameter } from '@portico/contracts';
import { isPlainObject, type JsonObject } from '../validation/merge-patch.ts';

const TYPES = ['string', 'integer', 'number', 'boolean', 'array'];
const FORMATS = ['date', 'date-time', 'uuid', 'email', 'uri', 'ipv4', 'ipv6'];
/** Set by the gateway or by HTTP itself; OpenAPI says such definitions are to be ignored. */
const IGNORED_HEADERS = new Set(['accept', 'content-type', 'authorization']);

export type ImportedParameter =
  | { readonly kind: 'imported'; readonly parameter: Parameter; readonly note?: string }
  | { readonly kind: 'ignored' }
  | { readonly kind: 'skipped'; readonly note: string };

/** An OpenAPI parameter, references resolved, as one of ours; what cannot be said is noted. */
export function toParameter(source: unknown): ImportedParameter {
  if (!isPlainObject(source)) return { kind: 'skipped', note: 'a parameter is not an object' };
  const name = String(source['name'] ?? '');
  const where = String(source['in'] ?? '');
  if (where === 'header' && IGNORED_HEADERS.has(name.toLowerCase())) return { kind: 'ignored' };
  if (!['path', 'query', 'header'].includes(where)) {
    return { kind: 'skipped', note: `parameter ${name}: ${where} parameters are not supported` };
  }
  const schema = schemaOf(source);
  const type = typeOf(schema);
  const parsed = parameterSchema.safeParse({
    name,
    in: where,
    type: type ?? 'string',
    required: where === 'path' || source['required'] === true,
    ...described(source),
    ...(schema === undefined ? {} : constraintsOf(schema, type)),
  });
  if (!parsed.success) {
    return { kind: 'skipped', note: `parameter ${name}: ${parsed.error.issues[0]?.message ?? ''}` };
  }
  const note = type === undefined ? { note: `parameter ${name}: taken as a string` } : {};
  return { kind: 'imported', parameter: parsed.data, ...note };
}

/** `schema`, or the schema of the one media type in `content`. */
function schemaOf(source: JsonObject): JsonObject | undefined {
  if (isPlainObject(source['schema'])) return source['schema'];
  const [media] = isPlainObject(source['content']) ? Object.values(source['content']) : [];
  return isPlainObject(media) && isPlainObject(media['schema']) ? media['schema'] : undefined;
}

function typeOf(schema: JsonObject | undefined): string | undefined {
  const given = schema?.['type'];
  const type: unknown = Array.isArray(given) ? given.find((one) => one !== 'null') : given;
  return typeof type === 'string' && TYPES.includes(type) ? type : undefined;
}

function described({ description, example }: JsonObject): JsonObject {
  return {
    ...(typeof description === 'string' ? { description: description.slice(0, 2000) } : {}),
    ...(isScalar(example) ? { example } : {}),
  };
}

function constraintsOf(schema: JsonObject, type: string | undefined): JsonObject {
  const format = schema['format'];
  const items = typeOf(isPlainObject(schema['items']) ? schema['items'] : undefined);
  const named: readonly (readonly [string, unknown])[] = [
    ['default', isScalar(schema['default']) ? schema['default'] : undefined],
    ['enum', enumOf(schema['enum'])],
    ['format', FORMATS.includes(String(format)) ? format : undefined],
    ['pattern', schema['pattern']],
    ['minimum', schema['minimum']],
    ['maximum', schema['maximum']],
    ['min_length', schema['minLength']],
    ['max_length', schema['maxLength']],
    ['items', type === 'array' && items !== 'array' ? items : undefined],
    ['example', isScalar(schema['example']) ? schema['example'] : undefined],
  ];
  return Object.fromEntries(named.filter(([, value]) => value !== undefined));
}

const isScalar = (value: unknown): value is string | number | boolean =>
  ['string', 'number', 'boolean'].includes(typeof value);

function enumOf(values: unknown): unknown[] | undefined {
  if (!Array.isArray(values)) return undefined;
  const plain = values.filter((value) => typeof value === 'string' || typeof value === 'number');
  return plain.length > 0 ? plain : undefined;
}
