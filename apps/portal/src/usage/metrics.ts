import { keepPreviousData, queryOptions } from '@tanstack/react-query';
import { api, contentOf } from '../api/client.ts';
import { spanOf, type MetricsRange } from './metrics-range.ts';

/** Calls, errors and latencies of a range, of one profile or of all. */
export const metricsQuery = (range: MetricsRange, profileId: string | null) =>
  queryOptions({
    queryKey: ['metrics', range.value, profileId],
    queryFn: ({ signal }) =>
      contentOf(
        api.GET('/api/v1/developer-portal/metrics/summary', {
          params: {
            query: {
              ...spanOf(range, Date.now()),
              ...(profileId === null ? {} : { profile_id: profileId }),
            },
          },
          signal,
        }),
      ),
    refetchInterval: 10_000,
    // Another range replaces the figures when it is there, without a blank in between.
    placeholderData: keepPreviousData,
  });
