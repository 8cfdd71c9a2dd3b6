import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { authHeadersQuery, useSession } from '../api/queries.ts';
import type { AuthHeaders, Header, Profile } from '../api/types.ts';

/** What the active profile adds to every call, and where calls go. */
export interface Auth {
  readonly profile: Profile | undefined;
  readonly headers: readonly Header[];
  readonly gatewayUrl: string;
  readonly signing: AuthHeaders['signing'];
  readonly error: unknown;
  readonly isPending: boolean;
  /** True where only the partner can make the token: OIDC, and JWT under a private key of its own. */
  readonly needsToken: boolean;
  /** The token pasted in. Kept in memory, gone with the page. */
  readonly accessToken: string;
  readonly setAccessToken: (token: string) => void;
}

export function useAuth(profile: Profile | undefined): Auth {
  const { gateway_url: gatewayUrl } = useSession();
  const [accessToken, setAccessToken] = useState('');
  const { data, error, isPending } = useQuery({
    ...authHeadersQuery(profile?.id ?? ''),
    enabled: profile !== undefined,
  });
  const needsToken = profile?.auth_type === 'oidc' || data?.signing?.secret === null;
  return {
    profile,
    headers: withAccessToken(data?.headers ?? [], needsToken ? accessToken.trim() : ''),
    gatewayUrl: originIn(data?.curl) ?? gatewayUrl,
    signing: data?.signing,
    error,
    isPending,
    needsToken,
    accessToken,
    setAccessToken,
  };
}

const withAccessToken = (headers: readonly Header[], token: string): readonly Header[] =>
  token === ''
    ? headers
    : headers.map((header) =>
        header.name.toLowerCase() === 'authorization'
          ? { ...header, value: `Bearer ${token}` }
          : header,
      );

/** mTLS has an address of its own; the ready curl names the right one for every profile. */
const originIn = (curl: string | undefined): string | undefined =>
  /https?:\/\/[^/\s'"\\]+/.exec(curl ?? '')?.[0];
