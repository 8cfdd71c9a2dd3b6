import type { JsonSchema } from '@portico/contracts';
import type { ErrorObject, Options } from 'ajv';
import { Ajv } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { compilePattern } from './pattern.ts';

/** Says what is wrong with a JSON value; an empty list = nothing. */
export type SchemaCheck = (value: unknown) => readonly ErrorObject[];

export interface BodySchema {
  /** Stops at the first violation. */
  readonly check: SchemaCheck;
  /** Finds them all; for values small enough that all of them are affordable. */
  readonly explain: SchemaCheck;
}

export type CompiledSchema =
  | { readonly ok: true; readonly schema: BodySchema }
  | { readonly ok: false; readonly problem: string };

type Dialect = 'draft-07' | '2020-12';

const DIALECT_BY_URI: Readonly<Record<string, Dialect>> = {
  'http://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft-07/schema': 'draft-07',
  'https://json-schema.org/draft/2020-12/schema': '2020-12',
};

/**
 * Compiles a JSON Schema: draft-07 or 2020-12 by its `$schema`, 2020-12 where it has none. Refused
 * are keywords and formats nobody would enforce, references to other documents (nothing is fetched),
 * and patterns that could hang the node.
 */
export function compileBodySchema(schema: JsonSchema): CompiledSchema {
  const dialect = dialectOf(schema);
  if (dialect === null) return refuse('$schema must be draft-07 or 2020-12');
  try {
    const check = compileWith(dialect, schema, { allErrors: false });
    let explain: SchemaCheck | null = null;
    return {
      ok: true,
      schema: {
        check,
        // Compiled when a body first fails: most never do, and it doubles the cost of a cold start.
        explain: (value) => (explain ??= compileWith(dialect, schema, { allErrors: true }))(value),
      },
    };
  } catch (error) {
    return refuse(error instanceof Error ? error.message : 'is not a JSON Schema');
  }
}

const refuse = (problem: string): CompiledSchema => ({ ok: false, problem: problem.slice(0, 500) });

function dialectOf(schema: JsonSchema): Dialect | null {
  const uri = typeof schema === 'object' ? schema['$schema'] : undefined;
  if (uri === undefined) return '2020-12';
  return typeof uri === 'string' ? (DIALECT_BY_URI[uri.replace(/#$/, '')] ?? null) : null;
}

function compileWith(dialect: Dialect, schema: JsonSchema, options: ErrorOptions): SchemaCheck {
  const ajv = instanceFor(dialect, schema, options);
  for (const keyword of extensionsIn(schema)) {
    if (ajv.RULES.keywords[keyword] !== true) ajv.addVocabulary([keyword]);
  }
  try {
    const validate = ajv.compile(schema);
    return (value) => (validate(value) ? [] : (validate.errors ?? []));
  } finally {
    // The compiled function lives on by itself; a kept schema would leak with every change.
    if (typeof schema === 'object') ajv.removeSchema(schema);
  }
}

type ErrorOptions = Pick<Options, 'allErrors'>;

const sharedInstances = new Map<string, Ajv | Ajv2020>();

/** Making an instance costs ten times what compiling does, so one is shared per dialect… */
function instanceFor(dialect: Dialect, schema: JsonSchema, options: ErrorOptions): Ajv | Ajv2020 {
  // …except where a schema names itself: two with the same $id must not meet.
  if (/"\$(?:id|anchor|dynamicAnchor)":/.test(JSON.stringify(schema))) {
    return newInstance(dialect, options);
  }
  const key = `${dialect} ${options.allErrors}`;
  const shared = sharedInstances.get(key) ?? newInstance(dialect, options);
  sharedInstances.set(key, shared);
  return shared;
}

function newInstance(dialect: Dialect, options: ErrorOptions): Ajv | Ajv2020 {
  const ajv = new (dialect === 'draft-07' ? Ajv : Ajv2020)({ ...AJV_OPTIONS, ...options });
  formats.default(ajv);
  ajv.addVocabulary(ANNOTATIONS);
  return ajv;
}

const AJV_OPTIONS: Options = {
  strict: false,
  // An unknown keyword or format is most often a misspelt rule: refuse it, it protects nothing.
  strictSchema: true,
  logger: false,
  code: { regExp: Object.assign(safeRegExp, { code: '' }) },
};

function safeRegExp(source: string): { test(text: string): boolean } {
  const compiled = compilePattern(source);
  if (!compiled.ok) throw new Error(`pattern ${source} ${compiled.problem}`);
  return compiled.pattern;
}

/** Keywords of OpenAPI that describe and do not constrain. */
const ANNOTATIONS = ['example', 'externalDocs', 'xml', 'discriminator'];

/** `x-…` keywords anywhere in a schema: they are allowed, and mean nothing here. */
function extensionsIn(schema: unknown, found = new Set<string>()): ReadonlySet<string> {
  if (Array.isArray(schema)) for (const item of schema) extensionsIn(item, found);
  else if (typeof schema === 'object' && schema !== null) {
    for (const [key, value] of Object.entries(schema)) {
      if (/^x-[A-Za-z0-9_-]+$/.test(key)) found.add(key);
      extensionsIn(value, found);
    }
  }
  return found;
}
