import { Button, Loader, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { Link, Navigate } from 'react-router';
import { ApiError } from '../api/api-error.ts';
import { api, contentOf } from '../api/client.ts';
import { tellOtherTabs } from '../api/other-tabs.ts';
import { forgetSessionEnd, queryClient } from '../api/query-client.ts';
import { SupportContact } from '../shell/branding.tsx';
import { linkToken } from './link-token.ts';
import { forgetReturnTo, returnTo } from './return-to.ts';
import { SignInLayout } from './SignInLayout.tsx';

/**
 * Where the mailed link leads. The page posts the token: a mail scanner that merely fetches the link
 * does not use it up.
 */
export function LinkPage() {
  const [token] = useState(() => linkToken(window.location));
  // Out of the address bar and the history at once: nobody should share or bookmark it.
  useEffect(() => window.history.replaceState(window.history.state, '', '/link'), []);
  return token ? <UseToken token={token} /> : <LinkProblem code="incomplete" />;
}

function UseToken({ token }: { token: string }) {
  // A query and not an effect, because a single-use token must be posted exactly once, also when
  // React renders twice.
  const { error, isSuccess, refetch, isFetching } = useQuery({
    queryKey: ['sign-in-link', token],
    queryFn: () => signIn(token),
    staleTime: Infinity,
    gcTime: 0,
    retry: false,
    refetchOnReconnect: false,
  });
  if (isSuccess) return <SignedIn />;
  if (!error || isFetching) return <SigningIn />;
  const code = error instanceof ApiError ? error.code : 'unreachable';
  return <LinkProblem code={code} onRetry={() => void refetch()} />;
}

async function signIn(token: string): Promise<true> {
  await contentOf(api.POST('/api/v1/developer-portal/validate-token', { body: { token } }));
  forgetSessionEnd();
  tellOtherTabs('signed-in');
  // Whoever was signed in before, everything known about them goes.
  queryClient.removeQueries({
    predicate: ({ queryKey }) => !['branding', 'sign-in-link'].includes(String(queryKey[0])),
  });
  return true;
}

function SignedIn() {
  const [to] = useState(returnTo);
  useEffect(forgetReturnTo, []);
  return <Navigate to={to} replace />;
}

function SigningIn() {
  return (
    <SignInLayout title="Signing in">
      <div role="status">
        <Loader type="dots" mb="md" />
        <Title order={1}>Signing you in…</Title>
      </div>
    </SignInLayout>
  );
}

const PROBLEMS: Record<string, { title: string; words: string }> = {
  invalid_token: {
    title: 'This link does not work any more',
    words:
      'A sign-in link works once and for 30 minutes; this one was used, is too old, or was replaced by a newer one. Ask for a fresh link, it takes a moment.',
  },
  access_revoked: {
    title: 'Your access has been turned off',
    words: 'Your company, or your address, may no longer use this portal.',
  },
  incomplete: {
    title: 'This link is incomplete',
    words:
      'Part of the address is missing. Mail programs sometimes break long links: copy the whole link from the mail, or ask for a fresh one.',
  },
};

function LinkProblem({ code, onRetry }: { code: string; onRetry?: () => void }) {
  const known = PROBLEMS[code];
  return (
    <SignInLayout title={known?.title ?? 'Sign-in failed'}>
      <div role="alert">
        <Title order={1}>{known?.title ?? 'We could not sign you in'}</Title>
        <Text mt="sm" mb="xl" c="dimmed">
          {known?.words ?? 'The portal could not be reached. Your link has not been used up.'}
          {code === 'access_revoked' && (
            <>
              {' '}
              If you think this is a mistake, ask <SupportContact />.
            </>
          )}
        </Text>
      </div>
      {!known && onRetry ? (
        <Button size="md" onClick={onRetry}>
          Try again
        </Button>
      ) : (
        <Button size="md" component={Link} to="/sign-in">
          {code === 'access_revoked' ? 'Sign in with another address' : 'Get a new link'}
        </Button>
      )}
    </SignInLayout>
  );
}
