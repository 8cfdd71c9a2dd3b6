import { useQueries, useQuery } from '@tanstack/react-query';
import { collectionQuery, collectionsQuery } from '../api/queries.ts';

/** Names endpoints of the contract; one that is gone by now keeps its id. */
export function useEndpointNames(): (endpointId: string) => string {
  const { data: collections } = useQuery(collectionsQuery);
  const details = useQueries({ queries: (collections ?? []).map(({ id }) => collectionQuery(id)) });
  const nameById = new Map(
    details.flatMap(({ data }) => data?.endpoints.map(({ id, name }) => [id, name] as const) ?? []),
  );
  return (endpointId) => nameById.get(endpointId) ?? endpointId;
}
