import { isPlainObject, type JsonObject } from '../validation/merge-patch.ts';

const DEPTH_MAX = 40;
/** Copies of shared schemas multiply; past this many nodes a document is a bomb, not an API. */
const NODES_MAX = 200_000;

/** The document leads outside itself, in circles, or explodes. */
export class UnresolvableReference extends Error {}

/**
 * Replaces `#/…` references by what they name. Only those: a file or a URL would let an imported
 * document read what this server can reach.
 */
export function referenceResolver(document: JsonObject): (node: unknown) => unknown {
  let nodes = 0;

  const resolve = (node: unknown, trail: readonly string[], depth: number): unknown => {
    if (++nodes > NODES_MAX) throw new UnresolvableReference('the document is too large resolved');
    if (depth > DEPTH_MAX) throw new UnresolvableReference('is nested too deep');
    if (Array.isArray(node)) return node.map((item) => resolve(item, trail, depth + 1));
    if (!isPlainObject(node)) return node;
    const reference = node['$ref'];
    if (typeof reference !== 'string') {
      return mapFields(node, (value) => resolve(value, trail, depth + 1));
    }
    if (trail.includes(reference)) {
      throw new UnresolvableReference(`${reference} refers to itself`);
    }
    const siblings = { ...node };
    delete siblings['$ref'];
    const target = resolve(lookUp(document, reference), [...trail, reference], depth + 1);
    // Next to a reference, 3.1 allows what overrides its target; 3.0 ignores it, mostly descriptions.
    return isPlainObject(target) ? { ...target, ...siblings } : target;
  };
  return (node) => resolve(node, [], 0);
}

function lookUp(document: JsonObject, reference: string): unknown {
  if (!reference.startsWith('#/')) {
    throw new UnresolvableReference(`${reference} leads out of the document`);
  }
  let node: unknown = document;
  for (const part of reference.slice(2).split('/')) {
    const name = decodeURIComponent(part).replaceAll('~1', '/').replaceAll('~0', '~');
    const isThere = (isPlainObject(node) || Array.isArray(node)) && Object.hasOwn(node, name);
    if (!isThere) throw new UnresolvableReference(`${reference} names nothing`);
    node = (node as JsonObject)[name];
  }
  return node;
}

const mapFields = (node: JsonObject, map: (value: unknown) => unknown): JsonObject =>
  Object.fromEntries(Object.entries(node).map(([name, value]) => [name, map(value)]));
