import { Note } from '@portico/ui';
import { useActiveProfile } from '../profile/active-profile.tsx';

/** Said before the gateway has to: this profile's environment does not exist for this API. */
export function EnvironmentNote({ environments }: { environments: readonly string[] }) {
  const { active } = useActiveProfile();
  if (!active || environments.includes(active.environment)) return null;
  return (
    <Note tone="caution" title={`Not available in ${active.environment}`}>
      The profile “{active.name}” calls {active.environment}, where this API does not run. Choose a
      profile for {environments.join(' or ') || 'another environment'} at the top of the page.
    </Note>
  );
}
