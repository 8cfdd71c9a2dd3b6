const KEY = 'portico.return-to';

/**
 * Where to go after the mailed link was opened, often in a new tab: so it is kept in local storage.
 * Only paths of this portal are believed.
 */
export function rememberReturnTo(path: unknown): void {
  if (isOwnPath(path) && path !== '/') localStorage.setItem(KEY, path);
}

export function returnTo(): string {
  const path = localStorage.getItem(KEY);
  return isOwnPath(path) ? path : '/';
}

export const forgetReturnTo = (): void => localStorage.removeItem(KEY);

/** `//evil.example` and `/\evil.example` are other sites to a browser. */
export const isOwnPath = (path: unknown): path is string =>
  typeof path === 'string' && /^\/(?![/\\])/.test(path);
