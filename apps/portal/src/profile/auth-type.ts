import type { AuthType } from '../api/types.ts';

export const AUTH_LABEL: Record<AuthType, string> = {
  token: 'TOKEN',
  jwt: 'JWT',
  oidc: 'OIDC',
  mtls: 'mTLS',
  none: 'NONE',
};

/** One sentence for somebody who has never met it. */
export const AUTH_EXPLAINED: Record<AuthType, string> = {
  token: 'A long-lived secret, sent as a bearer token with every call.',
  jwt: 'A short-lived token you sign yourself for every call, or every few minutes.',
  oidc: "An access token from your company's identity provider.",
  mtls: 'Your client certificate proves who you are; no Authorization header is sent.',
  none: 'No credential: the two identity headers are enough.',
};
