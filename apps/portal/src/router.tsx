import { createBrowserRouter } from 'react-router';
import { CollectionPage } from './collection/CollectionPage.tsx';
import { DashboardPage } from './dashboard/DashboardPage.tsx';
import { LinkPage } from './session/LinkPage.tsx';
import { RequireSession } from './session/RequireSession.tsx';
import { SignInPage } from './session/SignInPage.tsx';
import { AppShell } from './shell/AppShell.tsx';
import { CrashPage } from './shell/CrashPage.tsx';
import { NotFoundPage } from './shell/NotFoundPage.tsx';
import { RouteLoading } from './shell/RouteLoading.tsx';

export const router = createBrowserRouter([
  {
    errorElement: <CrashPage />,
    HydrateFallback: RouteLoading,
    children: [
      { path: 'sign-in', element: <SignInPage /> },
      { path: 'link', element: <LinkPage /> },
      {
        element: (
          <RequireSession>
            <AppShell />
          </RequireSession>
        ),
        children: [
          { index: true, element: <DashboardPage /> },
          { path: 'collections/:collectionId', element: <CollectionPage /> },
          {
            path: 'collections/:collectionId/endpoints/:endpointId',
            lazy: async () => ({
              Component: (await import('./endpoint/EndpointPage.tsx')).EndpointPage,
            }),
          },
          {
            path: 'usage',
            lazy: async () => ({ Component: (await import('./usage/UsagePage.tsx')).UsagePage }),
          },
          {
            path: 'requests',
            lazy: async () => ({
              Component: (await import('./requests/RequestsPage.tsx')).RequestsPage,
            }),
          },
          {
            path: 'requests/:requestId',
            lazy: async () => ({
              Component: (await import('./requests/RequestPage.tsx')).RequestPage,
            }),
          },
          {
            path: 'credentials',
            lazy: async () => ({
              Component: (await import('./credentials/CredentialsPage.tsx')).CredentialsPage,
            }),
          },
          { path: '*', element: <NotFoundPage /> },
        ],
      },
    ],
  },
]);
