import type { Facet, MetricsSummary } from '@portico/contracts';
import { join } from '@portico/enforcement';
import type { VisibleCollection } from '../catalogue/portal-catalogue.service.ts';
import type { EndpointShareDto, OwnMetricsDto } from './own-metrics.dto.ts';

/**
 * A client's own figures. Endpoints have the names of its catalogue; one that is not in there, a
 * refused call's or one that has left the contract, is not named.
 */
export function toOwnMetrics(
  { totals, buckets, facets }: MetricsSummary,
  catalogue: readonly VisibleCollection[],
): OwnMetricsDto {
  const describe = describeBy(catalogue);
  return {
    totals,
    buckets,
    facets: {
      endpoints: facets.endpoints.flatMap((facet) => describe(facet) ?? []),
      statuses: facets.statuses,
    },
  };
}

function describeBy(catalogue: readonly VisibleCollection[]) {
  const placeById = new Map(
    catalogue.flatMap(({ collection, endpoints }) =>
      endpoints.map((endpoint) => [endpoint.id, { collection, endpoint }] as const),
    ),
  );
  return ({ value, requests, errors }: Facet): EndpointShareDto | undefined => {
    const place = placeById.get(value);
    if (place === undefined) return undefined;
    const { collection, endpoint } = place;
    return {
      endpoint_id: endpoint.id,
      collection_id: collection.id,
      name: endpoint.name,
      methods: endpoint.methods,
      full_path: join(collection.base_path, endpoint.path),
      requests,
      errors,
    };
  };
}
