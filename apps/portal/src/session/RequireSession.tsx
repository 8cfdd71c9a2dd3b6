import { Container } from '@mantine/core';
import { Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Navigate, useLocation } from 'react-router';
import { isApiError } from '../api/api-error.ts';
import { sessionQuery } from '../api/queries.ts';
import { sessionEnd } from '../api/query-client.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { RouteLoading } from '../shell/RouteLoading.tsx';

/** Lets the page through with a session, else to sign-in, remembering where to come back to. */
export function RequireSession({ children }: { children: ReactNode }) {
  const { data: session, error, isPending, refetch } = useQuery(sessionQuery);
  const { pathname, search } = useLocation();
  if (isPending) return <RouteLoading />;
  if (session) return children;
  if (error && !isApiError(error, 'access_revoked')) {
    return (
      <Container size="sm" py="xl" component="main">
        <Panel>
          <ErrorPanel isPage error={error} onRetry={() => void refetch()} />
        </Panel>
      </Container>
    );
  }
  const returnTo = sessionEnd() === 'signed-out' ? '/' : `${pathname}${search}`;
  return <Navigate to="/sign-in" replace state={{ returnTo }} />;
}
