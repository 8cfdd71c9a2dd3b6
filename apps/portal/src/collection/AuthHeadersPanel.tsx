import { ActionIcon, Tooltip } from '@mantine/core';
import { CopyButton, LoadingRows, maskSecret, MessageState, Panel } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Eye, EyeOff, KeyRound } from 'lucide-react';
import { useState } from 'react';
import { authHeadersQuery, useSession } from '../api/queries.ts';
import type { Header, Profile } from '../api/types.ts';
import { rememberStep } from '../dashboard/remembered-steps.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { AUTH_EXPLAINED } from '../profile/auth-type.ts';
import { ErrorPanel } from '../shell/ErrorPanel.tsx';
import classes from './AuthHeadersPanel.module.css';

/** What every call carries, for the profile chosen at the top of the page. */
export function AuthHeadersPanel() {
  const { active, isPending } = useActiveProfile();
  return (
    <Panel
      title="Auth headers"
      description={active ? `For the profile “${active.name}”` : undefined}
    >
      {active ? (
        <HeadersOf key={active.id} profile={active} />
      ) : isPending ? (
        <LoadingRows rows={3} />
      ) : (
        <MessageState icon={<KeyRound size={22} />} title="No active profile">
          Without one nothing can be called. Ask whoever set up your access for one.
        </MessageState>
      )}
    </Panel>
  );
}

export function HeadersOf({ profile }: { profile: Profile }) {
  const { client } = useSession();
  const { data, error, refetch } = useQuery(authHeadersQuery(profile.id));
  if (error && !data) return <ErrorPanel error={error} onRetry={() => void refetch()} />;
  if (!data) return <LoadingRows rows={3} />;
  return (
    <>
      <dl className={classes.rows}>
        {data.headers.map((header) => (
          <HeaderRow
            key={header.name}
            header={header}
            onCopied={() => rememberStep(client.id, 'headers-copied')}
          />
        ))}
      </dl>
      <p className={classes.note}>{AUTH_EXPLAINED[profile.auth_type]}</p>
      {profile.auth_type === 'mtls' && (
        <p className={classes.note}>
          Add <code>--cert client.crt --key client.key</code>: the certificate registered for this
          profile.
        </p>
      )}
    </>
  );
}

function HeaderRow({ header, onCopied }: { header: Header; onCopied: () => void }) {
  const isSecret = header.name.toLowerCase() === 'authorization';
  const [isShown, setShown] = useState(!isSecret);
  const action = `${isShown ? 'Hide' : 'Reveal'} ${header.name}`;
  return (
    <div className={classes.row}>
      <dt className={classes.name}>{header.name}</dt>
      <dd className={classes.value}>
        <code className={classes.text}>{isShown ? header.value : maskSecret(header.value)}</code>
        {isSecret && (
          <Tooltip label={action}>
            <ActionIcon size="lg" aria-label={action} onClick={() => setShown(!isShown)}>
              {isShown ? <EyeOff size={16} /> : <Eye size={16} />}
            </ActionIcon>
          </Tooltip>
        )}
        <CopyButton value={header.value} what={header.name} onCopied={onCopied} />
      </dd>
    </div>
  );
}
