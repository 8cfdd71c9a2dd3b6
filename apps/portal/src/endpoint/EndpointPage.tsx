import { Anchor, Breadcrumbs, Skeleton, VisuallyHidden } from '@mantine/core';
import { LoadingRows, MethodBadge, Panel, Prose } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { isApiError } from '../api/api-error.ts';
import { collectionQuery, endpointQuery } from '../api/queries.ts';
import type { EndpointDetail } from '../api/types.ts';
import { EnvironmentNote } from '../collection/EnvironmentNote.tsx';
import { Workbench } from '../console/Workbench.tsx';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { NotFoundPage } from '../shell/NotFoundPage.tsx';
import { Page } from '../shell/Page.tsx';
import { AuthTypeNote } from './AuthTypeNote.tsx';
import { EndpointDocs } from './EndpointDocs.tsx';
import classes from './EndpointPage.module.css';

export function EndpointPage() {
  const { collectionId = '', endpointId = '' } = useParams();
  const { data, error, refetch } = useQuery(endpointQuery(collectionId, endpointId));
  if (isApiError(error, 'not_found')) return <NotFoundPage />;
  if (error && !data) {
    return (
      <Panel>
        <ErrorPanel isPage error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  return data ? (
    <Endpoint key={data.id} endpoint={data} collectionId={collectionId} />
  ) : (
    <LoadingEndpoint />
  );
}

function Endpoint({ endpoint, collectionId }: { endpoint: EndpointDetail; collectionId: string }) {
  const { data: collection } = useQuery(collectionQuery(collectionId));
  return (
    <Page
      title={endpoint.name}
      above={
        <Breadcrumbs separatorMargin={6} aria-label="Breadcrumbs">
          <Anchor component={Link} to="/" inherit>
            Your APIs
          </Anchor>
          <Anchor component={Link} to={`/collections/${collectionId}`} inherit>
            {collection?.name ?? 'Collection'}
          </Anchor>
        </Breadcrumbs>
      }
      description={<Prose text={endpoint.description} />}
    >
      <p className={classes.address}>
        {endpoint.methods.map((method) => (
          <MethodBadge key={method} method={method} />
        ))}
        <code className={classes.path}>{endpoint.full_path}</code>
      </p>
      <div className={classes.layout}>
        <div className={classes.work} id="console">
          <EnvironmentNote environments={endpoint.environments} />
          <AuthTypeNote allowed={endpoint.allowed_auth_types} />
          <Workbench endpoint={endpoint} />
        </div>
        <div className={classes.docs}>
          <EndpointDocs endpoint={endpoint} />
        </div>
      </div>
    </Page>
  );
}

function LoadingEndpoint() {
  return (
    <>
      <VisuallyHidden component="h1">Loading the endpoint…</VisuallyHidden>
      <Skeleton height={34} width={320} mb="xl" />
      <LoadingRows rows={5} height={64} />
    </>
  );
}
