import { queryOptions, useQuery } from '@tanstack/react-query';
import { isApiError } from './api-error.ts';
import { api, contentAs, contentOf } from './client.ts';
import { endSessionOnRefusal } from './query-client.ts';
import { refreshInMs } from './sample-lifetime.ts';
import type { AuthHeaders, EndpointDetail, Session } from './types.ts';

const MINUTE = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal, client }): Promise<Session | null> =>
    contentOf(api.GET('/api/v1/developer-portal/session', { signal })).catch((error: unknown) => {
      if (!isApiError(error, 'unauthenticated')) throw error;
      // Nobody signed in is an answer here, not a failure; somebody signed in before is an ending.
      if (client.getQueryData(['session'])) endSessionOnRefusal(error);
      return null;
    }),
  staleTime: MINUTE,
});

export const brandingQuery = queryOptions({
  queryKey: ['branding'],
  queryFn: ({ signal }) => contentOf(api.GET('/api/v1/developer-portal/branding', { signal })),
  staleTime: Infinity,
  retry: false,
});

export const profilesQuery = queryOptions({
  queryKey: ['profiles'],
  queryFn: async ({ signal }) =>
    (await contentOf(api.GET('/api/v1/developer-portal/profiles', { signal }))).data,
  staleTime: MINUTE,
});

export const authHeadersQuery = (profileId: string) =>
  queryOptions({
    queryKey: ['profiles', profileId, 'auth-headers'],
    queryFn: ({ signal }) =>
      contentAs<AuthHeaders>(
        api.GET('/api/v1/developer-portal/profiles/{id}/auth-headers', {
          params: { path: { id: profileId } },
          signal,
        }),
      ),
    // Every read of a secret is in the audit log: not one for each glance at the window.
    staleTime: 10 * MINUTE,
    refetchInterval: ({ state }) => refreshInMs(state.data?.signing, Date.now()),
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const collectionsQuery = queryOptions({
  queryKey: ['collections'],
  queryFn: async ({ signal }) =>
    (await contentOf(api.GET('/api/v1/developer-portal/collections', { signal }))).data,
  staleTime: MINUTE,
});

export const collectionQuery = (collectionId: string) =>
  queryOptions({
    queryKey: ['collections', collectionId],
    queryFn: ({ signal }) =>
      contentOf(
        api.GET('/api/v1/developer-portal/collections/{id}', {
          params: { path: { id: collectionId } },
          signal,
        }),
      ),
    staleTime: MINUTE,
  });

export const endpointQuery = (collectionId: string, endpointId: string) =>
  queryOptions({
    queryKey: ['collections', collectionId, 'endpoints', endpointId],
    queryFn: ({ signal }) =>
      contentAs<EndpointDetail>(
        api.GET('/api/v1/developer-portal/collections/{id}/endpoints/{endpoint_id}', {
          params: { path: { id: collectionId, endpoint_id: endpointId } },
          signal,
        }),
      ),
    staleTime: MINUTE,
  });

/** The session of a page inside the guard, where there always is one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('useSession outside the session guard');
  return data;
}
