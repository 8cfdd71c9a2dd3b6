import { queryOptions, useQuery } from '@tanstack/react-query';
import { isApiError } from './api-error.ts';
import { call } from './http.ts';
import type {
  AuthHeaders,
  Branding,
  CollectionDetail,
  CollectionSummary,
  EndpointDetail,
  Profile,
  Session,
} from './types.ts';

const MINUTE = 60_000;

export const sessionQuery = queryOptions({
  queryKey: ['session'],
  queryFn: ({ signal }): Promise<Session | null> =>
    call<Session>('/session', { signal }).catch((error: unknown) => {
      // Nobody signed in is an answer here, not a failure.
      if (isApiError(error, 'unauthenticated')) return null;
      throw error;
    }),
  staleTime: MINUTE,
});

export const brandingQuery = queryOptions({
  queryKey: ['branding'],
  queryFn: ({ signal }) => call<Branding>('/branding', { signal }),
  staleTime: Infinity,
  retry: false,
});

export const profilesQuery = queryOptions({
  queryKey: ['profiles'],
  queryFn: async ({ signal }) => (await call<{ data: Profile[] }>('/profiles', { signal })).data,
  staleTime: MINUTE,
});

export const authHeadersQuery = (profileId: string) =>
  queryOptions({
    queryKey: ['profiles', profileId, 'auth-headers'],
    queryFn: ({ signal }) =>
      call<AuthHeaders>(`/profiles/${encodeURIComponent(profileId)}/auth-headers`, { signal }),
    // Every read of a secret is in the audit log: not one for each glance at the window.
    staleTime: 10 * MINUTE,
    refetchOnWindowFocus: false,
    refetchOnReconnect: false,
  });

export const collectionsQuery = queryOptions({
  queryKey: ['collections'],
  queryFn: async ({ signal }) =>
    (await call<{ data: CollectionSummary[] }>('/collections', { signal })).data,
  staleTime: MINUTE,
});

export const collectionQuery = (collectionId: string) =>
  queryOptions({
    queryKey: ['collections', collectionId],
    queryFn: ({ signal }) =>
      call<CollectionDetail>(`/collections/${encodeURIComponent(collectionId)}`, { signal }),
    staleTime: MINUTE,
  });

export const endpointQuery = (collectionId: string, endpointId: string) =>
  queryOptions({
    queryKey: ['collections', collectionId, 'endpoints', endpointId],
    queryFn: ({ signal }) =>
      call<EndpointDetail>(
        `/collections/${encodeURIComponent(collectionId)}/endpoints/${encodeURIComponent(endpointId)}`,
        { signal },
      ),
    staleTime: MINUTE,
  });

/** The session of a page inside the guard, where there always is one. */
export function useSession(): Session {
  const { data } = useQuery(sessionQuery);
  if (!data) throw new Error('useSession outside the session guard');
  return data;
}
