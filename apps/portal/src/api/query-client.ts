import { MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import { ApiError, isApiError } from './api-error.ts';

/** Why the person is on the sign-in page; shown there once. */
export type SessionEnd = 'expired' | 'revoked' | 'signed-out';

const SESSION_END_KEY = ['session-end'];

export const queryClient = new QueryClient({
  queryCache: new QueryCache({
    onError: (error, { queryKey }) => {
      // A link that is refused says nothing about the session that this browser may have.
      if (queryKey[0] !== 'sign-in-link') endSessionOnRefusal(error);
    },
  }),
  mutationCache: new MutationCache({ onError: endSessionOnRefusal }),
  defaultOptions: {
    // Without a network a Send has to fail and say so, not to wait in silence.
    mutations: { networkMode: 'always' },
    queries: {
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 502),
      retryDelay: (failures) => 400 * 2 ** failures,
    },
  },
});

// Every answer may be the one that tells us the session is gone: access is checked on each request.
export function endSessionOnRefusal(error: unknown): void {
  // Of several answers that come late, the first has already said why.
  if (queryClient.getQueryData(['session']) === null) return;
  if (isApiError(error, 'access_revoked')) endSession('revoked');
  else if (isApiError(error, 'unauthenticated')) endSession('expired');
}

/** Forgets everything of this session and lets the guard show the sign-in page. */
export function endSession(why: SessionEnd): void {
  queryClient.setQueryData(SESSION_END_KEY, why);
  queryClient.removeQueries({
    predicate: ({ queryKey }) =>
      !['session', 'session-end', 'branding', 'sign-in-link'].includes(String(queryKey[0])),
  });
  queryClient.setQueryData(['session'], null);
}

export const sessionEnd = (): SessionEnd | undefined => queryClient.getQueryData(SESSION_END_KEY);
export const forgetSessionEnd = (): void =>
  queryClient.removeQueries({ queryKey: SESSION_END_KEY });
