import { Menu, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { EnvironmentDot, Tag } from '@portico/ui';
import { ChevronsUpDown } from 'lucide-react';
import type { Profile } from '../api/types.ts';
import { useActiveProfile } from './active-profile.tsx';
import { AUTH_LABEL } from './auth-type.ts';
import classes from './ProfileSelect.module.css';

/** Who you call as. Always in sight, because it decides what every sample and Send does. */
export function ProfileSelect() {
  const { active, profiles, choose } = useActiveProfile();
  if (!active) return null;
  return (
    <Menu
      position="bottom-end"
      width={320}
      shadow="md"
      radius="md"
      withinPortal={false}
      withInitialFocusPlaceholder={false}
    >
      <Menu.Target>
        <UnstyledButton className={classes.button}>
          <VisuallyHidden>Profile: </VisuallyHidden>
          <ProfileLine profile={active} />
          <ChevronsUpDown size={15} aria-hidden="true" className={classes.chevron} />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown aria-label="Profiles">
        <Menu.RadioGroup value={active.id} onChange={choose}>
          {profiles.map((profile) => (
            <Menu.RadioItem key={profile.id} value={profile.id} closeMenuOnClick>
              <ProfileLine profile={profile} />
            </Menu.RadioItem>
          ))}
        </Menu.RadioGroup>
      </Menu.Dropdown>
    </Menu>
  );
}

function ProfileLine({ profile }: { profile: Profile }) {
  return (
    <span className={classes.line}>
      <EnvironmentDot environment={profile.environment} />
      <span className={classes.words}>
        <span className={classes.name}>{profile.name}</span>
        <span className={classes.environment}>{profile.environment}</span>
      </span>
      <Tag mono>{AUTH_LABEL[profile.auth_type]}</Tag>
    </span>
  );
}
