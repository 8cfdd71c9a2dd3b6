import { Note } from '@portico/ui';
import type { AuthType } from '../api/types.ts';
import { useActiveProfile } from '../profile/active-profile.tsx';
import { AUTH_LABEL } from '../profile/auth-type.ts';

/** Said before the gateway has to: this endpoint wants another kind of credential. */
export function AuthTypeNote({ allowed }: { allowed: readonly AuthType[] }) {
  const { active } = useActiveProfile();
  if (!active || allowed.includes(active.auth_type)) return null;
  return (
    <Note tone="caution" title="Another kind of profile is needed">
      This endpoint accepts {allowed.map((type) => AUTH_LABEL[type]).join(', ')}; the profile “
      {active.name}” is {AUTH_LABEL[active.auth_type]}. Choose another at the top of the page.
    </Note>
  );
}
