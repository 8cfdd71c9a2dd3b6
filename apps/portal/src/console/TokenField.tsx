import { PasswordInput } from '@mantine/core';
import type { Auth } from './use-auth.ts';

/** A token that only the partner can make: from its identity provider, or signed with its key. */
export function TokenField({ auth, problem }: { auth: Auth; problem: string | undefined }) {
  const isOidc = auth.profile?.auth_type === 'oidc';
  return (
    <PasswordInput
      label={isOidc ? 'Access token' : 'Signed token'}
      description={`${isOidc ? 'From your identity provider.' : 'Signed with your private key.'} It stays in this page and is sent with your calls only.`}
      placeholder="eyJ…"
      required
      autoComplete="off"
      value={auth.accessToken}
      error={problem}
      onChange={(event) => auth.setAccessToken(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the token' }}
    />
  );
}
