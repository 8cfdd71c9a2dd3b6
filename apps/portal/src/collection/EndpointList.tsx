import { Kbd, TextInput } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { countOf, MessageState, MethodBadge, Panel, Prose } from '@portico/ui';
import { ChevronRight, Search, SearchX } from 'lucide-react';
import { useRef, useState } from 'react';
import { Link, useSearchParams } from 'react-router';
import type { CollectionDetail, EndpointSummary } from '../api/types.ts';
import classes from './EndpointList.module.css';
import { searchEndpoints } from './search-endpoints.ts';

/** What can be called; the search lives in the address, so that it can be shared and survives Back. */
export function EndpointList({ collection }: { collection: CollectionDetail }) {
  const [params, setParams] = useSearchParams();
  // Its own state, because the address follows a moment later and would swallow fast typing.
  const [query, setQuery] = useState(params.get('q') ?? '');
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => field.current?.focus()]]);
  const search = (text: string) => {
    setQuery(text);
    setParams(text ? { q: text } : {}, { replace: true, preventScrollReset: true });
  };
  const found = searchEndpoints(collection.endpoints, query);
  return (
    <Panel
      title="Endpoints"
      description={<span role="status">{countOf(found.length, 'endpoint')}</span>}
      flush
      aside={
        <TextInput
          ref={field}
          type="search"
          aria-label="Search endpoints"
          placeholder="Search"
          rightSection={<Kbd aria-hidden="true">/</Kbd>}
          leftSection={<Search size={15} aria-hidden="true" />}
          value={query}
          onChange={(event) => search(event.currentTarget.value)}
        />
      }
    >
      {found.length === 0 ? (
        <MessageState icon={<SearchX size={22} />} title="No endpoint matches">
          {query ? `Nothing here matches “${query}”.` : 'This API has no published endpoint yet.'}
        </MessageState>
      ) : (
        <ul className={classes.list}>
          {found.map((endpoint) => (
            <EndpointRow key={endpoint.id} endpoint={endpoint} collectionId={collection.id} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function EndpointRow({
  endpoint,
  collectionId,
}: {
  endpoint: EndpointSummary;
  collectionId: string;
}) {
  return (
    <li className={classes.row}>
      <span className={classes.methods}>
        {endpoint.methods.map((method) => (
          <MethodBadge key={method} method={method} />
        ))}
      </span>
      <div className={classes.words}>
        <Link to={`/collections/${collectionId}/endpoints/${endpoint.id}`} className={classes.link}>
          {endpoint.name}
        </Link>
        <span className={classes.path}>{endpoint.full_path}</span>
        {endpoint.description && (
          <p className={classes.description}>
            <Prose text={endpoint.description} />
          </p>
        )}
      </div>
      <ChevronRight size={17} aria-hidden="true" className={classes.chevron} />
    </li>
  );
}
