import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query';
import { isApiError } from '../api/api-error.ts';
import { call } from '../api/http.ts';
import type { LogDetail, LogPage, Usage } from '../api/types.ts';

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
      call<LogPage>('/request-logs', {
        query: { ...filters, ...(pageParam ? { cursor: pageParam } : {}) },
        signal,
      }),
    initialPageParam: '',
    getNextPageParam: ({ next_cursor: next }) => next ?? undefined,
    refetchInterval: live ? LIVE_EVERY_MS : false,
  });

/** The newest calls, for the dashboard and for ticking off first-call steps. */
export const recentCallsQuery = queryOptions({
  queryKey: ['request-logs', 'recent'],
  queryFn: async ({ signal }) =>
    (await call<LogPage>('/request-logs', { query: { limit: String(GLANCE) }, signal })).data,
  refetchInterval: 5_000,
});

export const requestDetailQuery = (requestId: string) =>
  queryOptions({
    queryKey: ['request-logs', 'one', requestId],
    queryFn: ({ signal }) =>
      call<LogDetail>(`/request-logs/${encodeURIComponent(requestId)}`, { signal }),
    staleTime: Infinity,
    // A link from a fresh answer may be faster than its record.
    retry: (failures, error) => failures < 4 && isApiError(error, 'not_found'),
    retryDelay: 700,
  });

export const usageQuery = queryOptions({
  queryKey: ['usage'],
  queryFn: ({ signal }) => call<Usage>('/usage', { signal }),
  refetchInterval: 10_000,
});
