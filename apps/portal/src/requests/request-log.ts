import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { isApiError } from '../api/api-error.ts';
import { api, contentAs, contentOf } from '../api/client.ts';
import type { LogDetail } from '../api/types.ts';

/** What the request log can be narrowed by; each is a query parameter of the page's own address too. */
export const LOG_FILTERS = [
  'status',
  'method',
  'profile_id',
  'collection_id',
  'path',
  'from',
  'to',
] as const;
export type LogFilterName = (typeof LOG_FILTERS)[number];
export type LogFilters = Readonly<Partial<Record<LogFilterName, string>>>;

export const LIVE_EVERY_MS = 2_000;
const GLANCE = 50;

export const requestLogQuery = (filters: LogFilters, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ['request-logs', 'list', filters],
    queryFn: ({ pageParam, signal }) =>
      searchLogs({ ...filters, ...(pageParam ? { cursor: pageParam } : {}) }, signal),
    initialPageParam: '',
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });

/** The newest calls, for the dashboard and for ticking off first-call steps. */
export const recentCallsQuery = queryOptions({
  queryKey: ['request-logs', 'recent'],
  queryFn: async ({ signal }) => (await searchLogs({ limit: String(GLANCE) }, signal)).data,
  refetchInterval: 5_000,
});

export const requestDetailQuery = (requestId: string) =>
  queryOptions({
    queryKey: ['request-logs', 'one', requestId],
    queryFn: ({ signal }) =>
      contentAs<LogDetail>(
        api.GET('/api/v1/developer-portal/request-logs/{id}', {
          params: { path: { id: requestId } },
          signal,
        }),
      ),
    staleTime: Infinity,
    // A link from a fresh answer may be faster than its record.
    retry: (failures, error) => failures < 4 && isApiError(error, 'not_found'),
    retryDelay: 700,
  });

export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: ({ signal }) => contentOf(api.GET('/api/v1/developer-portal/usage', { signal })),
  refetchInterval: 10_000,
});

const searchLogs = (query: LogFilters & { limit?: string; cursor?: string }, signal: AbortSignal) =>
  contentOf(
    api.GET('/api/v1/developer-portal/request-logs', { params: { query: { ...query } }, signal }),
  );
