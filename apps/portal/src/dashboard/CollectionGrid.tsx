import { Skeleton, VisuallyHidden } from '@mantine/core';
import { countOf, EnvironmentDot, MessageState, Panel, Tag, Prose } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { ArrowRight, PackageOpen } from 'lucide-react';
import { Link } from 'react-router';
import { collectionsQuery } from '../api/queries.ts';
import type { CollectionSummary } from '../api/types.ts';
import { SupportContact } from '../shell/branding.tsx';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import classes from './CollectionGrid.module.css';

export function CollectionGrid() {
  const { data, error, refetch } = useQuery(collectionsQuery);
  if (error && !data) {
    return (
      <Panel>
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  if (!data) return <LoadingCards />;
  if (data.length === 0) return <NothingAssigned />;
  return (
    <ul className={classes.grid} aria-label="Your API collections">
      {data.map((collection) => (
        <li key={collection.id}>
          <CollectionCard collection={collection} />
        </li>
      ))}
    </ul>
  );
}

function CollectionCard({ collection }: { collection: CollectionSummary }) {
  return (
    <article className={classes.card}>
      <h2 className={classes.name}>
        <Link to={`/collections/${collection.id}`} className={classes.link}>
          {collection.name}
        </Link>
      </h2>
      <p className={classes.path}>{collection.base_path}</p>
      <p className={classes.description}>
        <Prose text={collection.description} />
      </p>
      <div className={classes.foot}>
        <span className={classes.count}>
          {countOf(collection.published_endpoint_count, 'endpoint')}
        </span>
        {collection.environments.map((environment) => (
          <Tag key={environment}>
            <EnvironmentDot environment={environment} />
            {environment}
          </Tag>
        ))}
        <ArrowRight size={17} className={classes.arrow} aria-hidden="true" />
      </div>
    </article>
  );
}

function LoadingCards() {
  return (
    <div className={classes.grid} role="status">
      <VisuallyHidden>Loading your APIs…</VisuallyHidden>
      <Skeleton height={196} radius="lg" />
      <Skeleton height={196} radius="lg" />
    </div>
  );
}

function NothingAssigned() {
  return (
    <Panel>
      <MessageState icon={<PackageOpen size={22} />} title="No APIs yet">
        As soon as your contract covers one, it appears here. Ask <SupportContact /> if you expected
        something already.
      </MessageState>
    </Panel>
  );
}
