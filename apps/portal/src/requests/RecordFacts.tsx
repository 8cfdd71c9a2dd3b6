import {
  formatBytes,
  formatDateTime,
  formatDuration,
  MethodBadge,
  Panel,
  reasonPhrase,
  StatusBadge,
} from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { Link } from 'react-router';
import { collectionQuery } from '../api/queries.ts';
import type { LogDetail } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import classes from './RequestPage.module.css';

export function RecordFacts({ record }: { record: LogDetail }) {
  const { profiles } = useActiveProfile();
  const profile = profiles.find(({ id }) => id === record.profile_id)?.name ?? record.profile_id;
  const query = record.query === '' ? '' : `?${record.query}`;
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['When', formatDateTime(record.timestamp)],
    ['Latency', latency(record)],
    ['Profile', profile ?? 'unknown'],
    ['Environment', record.environment ?? 'unknown'],
    ['Outcome', record.outcome === 'forwarded' ? 'forwarded to the API' : record.outcome],
    ['From', record.client_ip],
    ['User agent', record.user_agent ?? 'none'],
    ['Sent', formatBytes(record.request_bytes)],
    ['Received', formatBytes(record.response_bytes)],
    ['Made in', record.source === 'portal' ? 'this portal' : 'your system'],
    ['Trace', record.trace_id ?? 'none'],
    ['Endpoint', <EndpointLink key="endpoint" record={record} />],
  ];
  return (
    <Panel>
      <p className={classes.address}>
        <StatusBadge status={record.status} text={reasonPhrase(record.status)} />
        <MethodBadge method={record.method} />
        <code>
          {record.path}
          {query}
        </code>
      </p>
      <dl className={classes.facts}>
        {facts.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </Panel>
  );
}

const latency = ({ latency_ms: whole, upstream_latency_ms: upstream }: LogDetail): string =>
  upstream === null
    ? formatDuration(whole)
    : `${formatDuration(whole)}, of which the API ${formatDuration(upstream)}`;

function EndpointLink({ record }: { record: LogDetail }) {
  if (record.collection_id === null || record.endpoint_id === null) return 'none';
  return <KnownEndpoint collectionId={record.collection_id} endpointId={record.endpoint_id} />;
}

/** By name; one that has left the contract since has its id only, and no page to lead to. */
function KnownEndpoint(props: { collectionId: string; endpointId: string }) {
  const { collectionId, endpointId } = props;
  const { data } = useQuery(collectionQuery(collectionId));
  const name = data?.endpoints.find(({ id }) => id === endpointId)?.name;
  if (name === undefined) return endpointId;
  return <Link to={`/collections/${collectionId}/endpoints/${endpointId}`}>{name}</Link>;
}
