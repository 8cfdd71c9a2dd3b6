import type { Method } from '@portico/contracts';
import type { MethodSet } from './methods.ts';
import { methodSet } from './methods.ts';
import type { TemplateSegment } from './path-template.ts';

/** What can be routed to: a template and the methods it answers. */
export interface Routable {
  readonly methods: readonly Method[];
  readonly template: readonly TemplateSegment[];
}

/** The endpoints of one collection as a tree of path segments. */
export interface RouteNode<E> {
  readonly literals: ReadonlyMap<string, RouteNode<E>>;
  readonly parameter: RouteNode<E> | null;
  /** Endpoints whose template ends here, and those that take everything below. */
  readonly here: RouteLeaf<E> | null;
  readonly below: RouteLeaf<E> | null;
}

interface RouteLeaf<E> {
  readonly methods: MethodSet;
  readonly byMethod: ReadonlyMap<string, E>;
}

export type RouteMatch<E> =
  | { readonly kind: 'found'; readonly endpoint: E }
  /** The path is published, the method is not: what `Allow` is made from. */
  | { readonly kind: 'wrong_method'; readonly methods: MethodSet }
  | { readonly kind: 'no_path' };

const NO_PATH = { kind: 'no_path' } as const;

export interface RouteQuery {
  readonly segments: readonly string[];
  /** How many segments the base path took. */
  readonly from: number;
  readonly hasTrailingSlash: boolean;
  readonly method: string;
}

/**
 * The most specific endpoint that has the method: at every segment a literal beats a parameter and
 * a parameter beats a wildcard, going back where the better choice leads nowhere. Each node of the
 * tree is visited at most once, so no path is expensive. The order in which endpoints were added
 * makes no difference.
 */
export function findRoute<E>(root: RouteNode<E>, query: RouteQuery): RouteMatch<E> {
  const search: Search = { query, methods: 0, isPathKnown: false };
  const endpoint = visit(root, query.from, search);
  if (endpoint !== null) return { kind: 'found', endpoint };
  return search.isPathKnown ? { kind: 'wrong_method', methods: search.methods } : NO_PATH;
}

/** Every method that some endpoint at this path answers, whatever the query's own method is. */
export function methodsAt<E>(root: RouteNode<E>, query: RouteQuery): MethodSet {
  const none = findRoute(root, { ...query, method: '' });
  return none.kind === 'wrong_method' ? none.methods : 0;
}

interface Search {
  readonly query: RouteQuery;
  methods: MethodSet;
  isPathKnown: boolean;
}

function visit<E>(node: RouteNode<E>, at: number, search: Search): E | null {
  const { segments, from, hasTrailingSlash } = search.query;
  const segment = segments[at];
  if (segment !== undefined) {
    const literal = node.literals.get(segment);
    const found =
      (literal && visit(literal, at + 1, search)) ??
      (node.parameter && visit(node.parameter, at + 1, search));
    if (found !== null) return found;
  } else {
    const found = take(node.here, search);
    if (found !== null) return found;
  }
  // `/files/*` takes `/files/` but not `/files`: below a collection's root there always is a slash.
  const hasSlash = segment !== undefined || hasTrailingSlash || at === from;
  return hasSlash ? take(node.below, search) : null;
}

function take<E>(leaf: RouteLeaf<E> | null, search: Search): E | null {
  if (leaf === null) return null;
  const endpoint = leaf.byMethod.get(search.query.method);
  if (endpoint !== undefined) return endpoint;
  search.isPathKnown = true;
  search.methods |= leaf.methods;
  return null;
}

/** Two endpoints with the same shape and method must have been refused before (`findDuplicates`). */
export function buildRoutes<E extends Routable>(endpoints: readonly E[]): RouteNode<E> {
  const root = emptyNode<E>();
  for (const endpoint of endpoints) {
    let node = root;
    let leaf: 'here' | 'below' = 'here';
    for (const segment of endpoint.template) {
      if (segment.kind === 'wildcard') leaf = 'below';
      else node = childOf(node, segment);
    }
    node[leaf] = addToLeaf(node[leaf], endpoint);
  }
  return root;
}

interface GrowingNode<E> extends RouteNode<E> {
  readonly literals: Map<string, GrowingNode<E>>;
  parameter: GrowingNode<E> | null;
  here: RouteLeaf<E> | null;
  below: RouteLeaf<E> | null;
}

const emptyNode = <E>(): GrowingNode<E> => ({
  literals: new Map(),
  parameter: null,
  here: null,
  below: null,
});

type StepSegment = Exclude<TemplateSegment, { kind: 'wildcard' }>;

function childOf<E>(node: GrowingNode<E>, segment: StepSegment): GrowingNode<E> {
  if (segment.kind === 'parameter') return (node.parameter ??= emptyNode());
  const child = node.literals.get(segment.text) ?? emptyNode<E>();
  node.literals.set(segment.text, child);
  return child;
}

function addToLeaf<E extends Routable>(leaf: RouteLeaf<E> | null, endpoint: E): RouteLeaf<E> {
  const byMethod = new Map(leaf?.byMethod);
  for (const method of endpoint.methods) byMethod.set(method, endpoint);
  const get = byMethod.get('GET');
  const head = byMethod.get('HEAD');
  // An endpoint that names HEAD keeps it; otherwise HEAD goes where GET goes.
  if (get !== undefined && !(head !== undefined && head.methods.includes('HEAD'))) {
    byMethod.set('HEAD', get);
  }
  const methods = (leaf?.methods ?? 0) | methodSet(endpoint.methods);
  return { methods, byMethod };
}
