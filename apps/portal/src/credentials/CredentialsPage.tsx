import { LoadingRows, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { KeyRound } from 'lucide-react';
import { profilesQuery } from '../api/queries.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import { Page } from '../shell/Page.tsx';
import { ProfileCredentials } from './ProfileCredentials.tsx';
import classes from './CredentialsPage.module.css';

/** What proves who you are, per profile, and how to replace it without an outage. */
export function CredentialsPage() {
  return (
    <Page
      title="Credentials"
      description="Replace a secret without an outage: the old one keeps working for as long as you choose."
    >
      <Profiles />
    </Page>
  );
}

function Profiles() {
  const { data, error, refetch } = useQuery(profilesQuery);
  if (error && !data) {
    return (
      <Panel>
        <ErrorPanel error={error} onRetry={() => void refetch()} />
      </Panel>
    );
  }
  if (!data) return <LoadingRows rows={3} height={120} />;
  if (data.length === 0) {
    return (
      <Panel>
        <MessageState icon={<KeyRound size={22} />} title="No active profile">
          Without one nothing can be called. Ask whoever set up your access for one.
        </MessageState>
      </Panel>
    );
  }
  return (
    <div className={classes.list}>
      {data.map((profile) => (
        <ProfileCredentials key={profile.id} profile={profile} />
      ))}
    </div>
  );
}
