import { parseCookie, stringifySetCookie } from 'cookie';

export const SESSION_COOKIE = 'portico_portal';

/** The session id a request carries. Sent twice, the first counts, as in every browser. */
export const sessionCookieOf = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : parseCookie(header)[SESSION_COOKIE];

export const sessionCookie = (secret: string, expires: Date, secure: boolean): string =>
  stringifySetCookie({ ...ATTRIBUTES, value: secret, expires, secure });

export const expiredSessionCookie = (secure: boolean): string =>
  stringifySetCookie({ ...ATTRIBUTES, value: '', maxAge: 0, secure });

const ATTRIBUTES = { name: SESSION_COOKIE, path: '/', httpOnly: true, sameSite: 'lax' } as const;
