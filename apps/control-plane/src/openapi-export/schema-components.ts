import type { JsonSchema } from '@portico/contracts';
import type { JsonObject, OpenApiVersion } from './exportable.ts';
import { isSchema, walkSchema } from './schema-keywords.ts';
import { toSchema2020 } from './schema-2020.ts';
import { toSchema30 } from './schema-30.ts';

/**
 * Gathers the schemas of a document under `components.schemas`. A partner's schema is a document of
 * its own with references into itself; whatever it refers to becomes a component too, because a
 * pointer like `#/definitions/order` would otherwise point into the OpenAPI document.
 */
export class SchemaComponents {
  readonly #version: OpenApiVersion;
  readonly #components = new Map<string, JsonObject>();

  constructor(version: OpenApiVersion) {
    this.#version = version;
  }

  /** Adds a schema and answers a reference to it. */
  add(name: string, schema: JsonSchema): { readonly $ref: string } {
    return this.#addPart({ root: schema, componentByPointer: new Map() }, '', schema, name);
  }

  toObject(): JsonObject {
    return Object.fromEntries(this.#components);
  }

  #addPart(source: SchemaSource, pointer: string, part: JsonSchema, wanted: string) {
    const name = this.#freeName(wanted);
    const reference = { $ref: `#/components/schemas/${name}` };
    // Before the conversion, so that a recursive schema finds itself.
    source.componentByPointer.set(pointer, reference.$ref);
    this.#components.set(name, {});
    this.#components.set(name, this.#convert(source, part, name));
    return reference;
  }

  #convert(source: SchemaSource, part: JsonSchema, name: string): JsonObject {
    const resolve = (reference: string): string | undefined => {
      const target = findTarget(source.root, reference);
      if (target === undefined) return undefined;
      const known = source.componentByPointer.get(target.pointer);
      if (known !== undefined) return known;
      const label = target.pointer.split('/').at(-1) ?? 'part';
      return this.#addPart(source, target.pointer, target.schema, `${name}_${label}`).$ref;
    };
    const schema2020 = toSchema2020(part, resolve);
    if (this.#version === '3.0') return toSchema30(schema2020);
    return schema2020 === true ? {} : schema2020 === false ? { not: {} } : schema2020;
  }

  #freeName(wanted: string): string {
    const safe = wanted.replace(/[^A-Za-z0-9._-]/g, '_').slice(0, 100);
    let name = safe;
    for (let n = 2; this.#components.has(name); n++) name = `${safe}_${n}`;
    return name;
  }
}

interface SchemaSource {
  readonly root: JsonSchema;
  readonly componentByPointer: Map<string, string>;
}

interface Target {
  /** Canonical, so that two spellings of one place share a component. */
  readonly pointer: string;
  readonly schema: JsonSchema;
}

/** Only places inside the same schema are found: nothing is ever fetched. */
function findTarget(root: JsonSchema, reference: string): Target | undefined {
  const hash = reference.indexOf('#');
  const base = hash < 0 ? reference : reference.slice(0, hash);
  const fragment = hash < 0 ? '' : decodeFragment(reference.slice(hash + 1));
  const document = base === '' ? { pointer: '', schema: root } : findById(root, base);
  if (document === undefined || fragment === '') return document;
  if (!fragment.startsWith('/')) return findByAnchor(root, fragment);
  return followPointer(document, fragment);
}

function decodeFragment(fragment: string): string {
  try {
    return decodeURIComponent(fragment);
  } catch {
    return fragment;
  }
}

function followPointer(document: Target, pointer: string): Target | undefined {
  let place: unknown = document.schema;
  for (const token of pointer.slice(1).split('/')) {
    if (typeof place !== 'object' || place === null) return undefined;
    const key = token.replaceAll('~1', '/').replaceAll('~0', '~');
    place = Object.hasOwn(place, key) ? (place as Record<string, unknown>)[key] : undefined;
  }
  return isSchema(place) ? { pointer: document.pointer + pointer, schema: place } : undefined;
}

function findById(root: JsonSchema, id: string): Target | undefined {
  if (typeof root === 'object' && root.$id === id) return { pointer: '', schema: root };
  return findNamed(root, (schema) => schema.$id === id, `$id:${id}`);
}

const findByAnchor = (root: JsonSchema, anchor: string): Target | undefined =>
  findNamed(
    root,
    (schema) =>
      schema.$anchor === anchor || schema.$dynamicAnchor === anchor || schema.$id === `#${anchor}`,
    `#${anchor}`,
  );

function findNamed(
  root: JsonSchema,
  isNamed: (schema: JsonObject) => boolean,
  pointer: string,
): Target | undefined {
  for (const schema of walkSchema(root)) if (isNamed(schema)) return { pointer, schema };
  return undefined;
}
