import type {
  CompiledClient,
  CompiledCollection,
  CompiledEndpoint,
  ConfigIndex,
} from './compiled.ts';
import { findBase } from './route/base-paths.ts';
import { mayCall, visibleCollections } from './scope.ts';

export interface VisibleCollection {
  readonly collection: CompiledCollection;
  readonly endpoints: readonly CompiledEndpoint[];
}

/**
 * What a client can see: exactly what `decide` would let it call. An endpoint that a longer base
 * path takes every request from is left out, because no call could reach it.
 */
export const visible = (index: ConfigIndex, client: CompiledClient): readonly VisibleCollection[] =>
  visibleCollections(client, index.collectionById.values()).map((collection) => ({
    collection,
    endpoints: collection.endpoints.filter(
      (endpoint) =>
        mayCall(client, collection, endpoint) && isReachable(index, collection, endpoint),
    ),
  }));

/** False when the literal start of the endpoint's path lies below another collection's base path. */
export function isReachable(
  index: ConfigIndex,
  collection: CompiledCollection,
  endpoint: CompiledEndpoint,
): boolean {
  const start = [...collection.baseSegments];
  for (const segment of endpoint.template) {
    if (segment.kind !== 'literal') break;
    start.push(segment.text);
  }
  return findBase(index.bases, start)?.collection.id === collection.id;
}
