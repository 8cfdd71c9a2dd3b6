/** Collections by base path, as a tree of segments. */
export interface BaseNode<C> {
  readonly children: ReadonlyMap<string, BaseNode<C>>;
  readonly collection: C | null;
}

export interface BaseMatch<C> {
  readonly collection: C;
  /** How many segments the base path has. */
  readonly depth: number;
}

/** The collection with the longest base path that the segments start with; null = none. */
export function findBase<C>(root: BaseNode<C>, segments: readonly string[]): BaseMatch<C> | null {
  let node: BaseNode<C> | undefined = root;
  let collection = root.collection;
  let depth = 0;
  for (let at = 0; at < segments.length; at++) {
    node = node.children.get(segments[at] ?? '');
    if (node === undefined) break;
    if (node.collection !== null) {
      collection = node.collection;
      depth = at + 1;
    }
  }
  return collection === null ? null : { collection, depth };
}

interface GrowingBase<C> extends BaseNode<C> {
  readonly children: Map<string, GrowingBase<C>>;
  collection: C | null;
}

/** Two collections with one base path must have been refused before (`checkBasePaths`). */
export function buildBases<C extends { readonly baseSegments: readonly string[] }>(
  collections: Iterable<C>,
): BaseNode<C> {
  const root: GrowingBase<C> = { children: new Map(), collection: null };
  for (const collection of collections) {
    let node = root;
    for (const segment of collection.baseSegments) {
      const child = node.children.get(segment) ?? { children: new Map(), collection: null };
      node.children.set(segment, child);
      node = child;
    }
    node.collection = collection;
  }
  return root;
}
