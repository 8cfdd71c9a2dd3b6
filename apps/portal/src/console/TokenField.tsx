import { PasswordInput } from '@mantine/core';
import type { Auth } from './use-auth.ts';

/** OIDC: the token comes from the partner's own identity provider, so only they can bring it. */
export function TokenField({ auth, problem }: { auth: Auth; problem: string | undefined }) {
  return (
    <PasswordInput
      label="Access token"
      description="From your identity provider. It stays in this page and is sent with your calls only."
      placeholder="eyJ…"
      required
      autoComplete="off"
      value={auth.accessToken}
      error={problem}
      onChange={(event) => auth.setAccessToken(event.currentTarget.value)}
      visibilityToggleButtonProps={{ 'aria-label': 'Show or hide the access token' }}
    />
  );
}
