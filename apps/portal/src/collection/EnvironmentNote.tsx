import { Alert } from '@mantine/core';
import { TriangleAlert } from 'lucide-react';
import { useActiveProfile } from '../profile/active-profile.tsx';
import classes from './EnvironmentNote.module.css';

/** Said before the gateway has to: this profile's environment does not exist for this API. */
export function EnvironmentNote({ environments }: { environments: readonly string[] }) {
  const { active } = useActiveProfile();
  if (!active || environments.includes(active.environment)) return null;
  return (
    <Alert
      color="orange"
      className={classes.note ?? ''}
      icon={<TriangleAlert size={18} />}
      title={`Not available in ${active.environment}`}
    >
      The profile “{active.name}” calls {active.environment}, where this API does not run. Choose a
      profile for {environments.join(' or ') || 'another environment'} at the top of the page.
    </Alert>
  );
}
