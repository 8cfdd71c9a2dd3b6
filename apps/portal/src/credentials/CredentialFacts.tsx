import { formatDateTime, LoadingRows, RelativeTime } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Profile } from '../api/types.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import classes from './CredentialsPage.module.css';
import { credentialQuery } from './rotate.ts';

/** How old the credential is, when it was last used, and what of its predecessors still works. */
export function CredentialFacts({ profile }: { profile: Profile }) {
  const { data, error, refetch } = useQuery(credentialQuery(profile.id));
  if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={1} height={40} />;
  const facts: [string, ReactNode][] = [];
  if (data.created_at) facts.push(['Made', <RelativeTime key="made" at={data.created_at} />]);
  facts.push([
    'Last call with this profile',
    data.last_used_at ? <RelativeTime key="used" at={data.last_used_at} /> : 'none yet',
  ]);
  for (const { valid_until: until } of data.grace ?? []) {
    facts.push(['An earlier secret works until', formatDateTime(until)]);
  }
  for (const { subject, sha256, not_after: end } of data.certificates ?? []) {
    facts.push([`Certificate ${subject}`, `ends ${formatDateTime(end)}`]);
    facts.push(['Its SHA-256', <code key={sha256}>{sha256}</code>]);
  }
  return (
    <dl className={classes.state}>
      {facts.map(([name, value], at) => (
        <div key={at}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
