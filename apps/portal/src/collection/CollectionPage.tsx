import { Anchor, Skeleton, VisuallyHidden } from '@mantine/core';
import { EnvironmentDot, LoadingRows, Panel, Tag, Prose } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from 'react-router';
import { isApiError } from '../api/api-error.ts';
import { collectionQuery } from '../api/queries.ts';
import type { CollectionDetail } from '../api/types.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { NotFoundPage } from '../shell/NotFoundPage.tsx';
import { Page } from '../shell/Page.tsx';
import { AuthHeadersPanel } from './AuthHeadersPanel.tsx';
import classes from './CollectionPage.module.css';
import { DownloadMenu } from './DownloadMenu.tsx';
import { EndpointList } from './EndpointList.tsx';
import { EnvironmentNote } from './EnvironmentNote.tsx';

export function CollectionPage() {
  const { collectionId = '' } = useParams();
  const { data, error, refetch } = useQuery(collectionQuery(collectionId));
  if (isApiError(error, 'not_found')) return <NotFoundPage />;
  if (error && !data) {
    return (
      <Panel>
        <ErrorPanel isPage error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  return data ? <Collection collection={data} /> : <LoadingCollection />;
}

function Collection({ collection }: { collection: CollectionDetail }) {
  return (
    <Page
      title={collection.name}
      above={
        <Anchor component={Link} to="/" inherit>
          Your APIs
        </Anchor>
      }
      description={<Prose text={collection.description} />}
      aside={<DownloadMenu collection={collection} />}
    >
      <p className={classes.facts}>
        <Tag mono>{collection.base_path}</Tag>
        {collection.environments.map((environment) => (
          <Tag key={environment}>
            <EnvironmentDot environment={environment} />
            {environment}
          </Tag>
        ))}
      </p>
      <div className={classes.layout}>
        <EndpointList collection={collection} />
        <div className={classes.side}>
          <EnvironmentNote environments={collection.environments} />
          <AuthHeadersPanel />
        </div>
      </div>
    </Page>
  );
}

function LoadingCollection() {
  return (
    <>
      <VisuallyHidden component="h1">Loading the API…</VisuallyHidden>
      <Skeleton height={34} width={280} mb="xl" />
      <LoadingRows rows={6} height={56} />
    </>
  );
}
