/**
 * The sign-in token of a mailed link: `/link?token=…`, `/link#token=…` or `/link#…`. The fragment
 * never reaches a server, so it stays out of access logs.
 */
export function linkToken({ search, hash }: { search: string; hash: string }): string | null {
  const fragment = hash.replace(/^#/, '');
  const named =
    new URLSearchParams(fragment).get('token') ?? new URLSearchParams(search).get('token');
  const token = named ?? (fragment.includes('=') ? null : fragment);
  return token ? token : null;
}
