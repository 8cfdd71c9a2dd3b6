/**
 * THE scope rule: what a client's contract covers. The gateway enforces it (row 7 of the order of
 * checks) and the portal lists, exports and offers to try by it, so they cannot disagree.
 */

export interface ScopedClient {
  readonly active: boolean;
  /** Assigned collections. */
  readonly collectionIds: { has(id: string): boolean };
}

export interface Publishable {
  readonly id: string;
  readonly published: boolean;
}

/** True when the client's contract covers the collection, as far as it is published. */
export const maySee = (client: ScopedClient, collection: Publishable): boolean =>
  client.active && collection.published && client.collectionIds.has(collection.id);

/** True when the client may call the endpoint; its profile can still narrow that (`profileRefusal`). */
export const mayCall = (
  client: ScopedClient,
  collection: Publishable,
  endpoint: Publishable,
): boolean => endpoint.published && maySee(client, collection);

export const visibleCollections = <C extends Publishable>(
  client: ScopedClient,
  collections: Iterable<C>,
): C[] => [...collections].filter((collection) => maySee(client, collection));

export const visibleEndpoints = <E extends Publishable>(
  client: ScopedClient,
  collection: Publishable,
  endpoints: Iterable<E>,
): E[] => [...endpoints].filter((endpoint) => mayCall(client, collection, endpoint));
