import { Button } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { EnvironmentDot, formatDateTime, Note, Panel, Tag } from '@portico/ui';
import { useQuery } from '@tanstack/react-query';
import { Eye, EyeOff, RefreshCw } from 'lucide-react';
import { useState } from 'react';
import type { Profile, Rotated } from '../api/types.ts';
import { HeadersOf } from '../collection/AuthHeadersPanel.tsx';
import { AUTH_EXPLAINED, AUTH_LABEL } from '../profile/auth-type.ts';
import { CredentialFacts } from './CredentialFacts.tsx';
import classes from './CredentialsPage.module.css';
import { credentialQuery } from './rotate.ts';
import { RotateDialog } from './RotateDialog.tsx';

export function ProfileCredentials({ profile }: { profile: Profile }) {
  const [isShown, { toggle }] = useDisclosure(false);
  const [isAsking, { open, close }] = useDisclosure(false);
  const [rotated, setRotated] = useState<Rotated>();
  // Only a secret that the platform made has an age, and can be replaced by it.
  const isRotatable = useQuery(credentialQuery(profile.id)).data?.created_at !== undefined;
  return (
    <Panel title={profile.name}>
      <p className={classes.facts}>
        <Tag>
          <EnvironmentDot environment={profile.environment} />
          {profile.environment}
        </Tag>
        <Tag mono>{AUTH_LABEL[profile.auth_type]}</Tag>
        <Tag mono>{profile.id}</Tag>
      </p>
      <p className={classes.words}>{AUTH_EXPLAINED[profile.auth_type]}</p>
      <CredentialFacts profile={profile} />
      {rotated && <RotatedNote rotated={rotated} />}
      <div className={classes.actions}>
        <Button
          variant="default"
          size="xs"
          leftSection={isShown ? <EyeOff size={14} /> : <Eye size={14} />}
          aria-expanded={isShown}
          aria-label={`${isShown ? 'Hide' : 'Show'} headers of ${profile.name}`}
          onClick={toggle}
        >
          {isShown ? 'Hide headers' : 'Show headers'}
        </Button>
        {isRotatable && (
          <Button
            variant="default"
            size="xs"
            leftSection={<RefreshCw size={14} />}
            aria-label={`Rotate secret of ${profile.name}`}
            onClick={open}
          >
            Rotate secret
          </Button>
        )}
      </div>
      {isShown && (
        <div className={classes.headers}>
          <HeadersOf profile={profile} />
        </div>
      )}
      <RotateDialog profile={profile} opened={isAsking} onClose={close} onRotated={setRotated} />
    </Panel>
  );
}

function RotatedNote({ rotated }: { rotated: Rotated }) {
  const { previous_valid_until: until, last_used_at: used } = rotated;
  return (
    <div className={classes.rotated}>
      <Note tone="success" title="The new secret is in force" role="status">
        {until !== null && Date.parse(until) > Date.now()
          ? `The old one works until ${formatDateTime(until)}. Put the new one in place before.`
          : 'The old one has stopped working.'}{' '}
        {used === null
          ? 'No call with the old one is known.'
          : `Before this, the old one was last used on ${formatDateTime(used)}.`}
      </Note>
    </div>
  );
}
