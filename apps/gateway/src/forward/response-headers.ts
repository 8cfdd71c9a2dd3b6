import { HOP_BY_HOP, namedByConnection } from './request-headers.ts';

/** Replaced by ours, or advice that would lead callers around the gateway. */
const NOT_FROM_UPSTREAM: ReadonlySet<string> = new Set([...HOP_BY_HOP, 'x-request-id', 'alt-svc']);

type HeaderMap = Readonly<Record<string, string | string[] | undefined>>;

/** The upstream's headers that may pass, as a flat list; repeated ones stay repeated. */
export function upstreamsHeaders(headers: HeaderMap, replaced: ReadonlySet<string>): string[] {
  const connection = headers['connection'];
  const named = namedByConnection(Array.isArray(connection) ? connection.join(',') : connection);
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || NOT_FROM_UPSTREAM.has(name) || replaced.has(name)) continue;
    if (named !== null && named.has(name) && name !== 'content-length') continue;
    if (typeof value === 'string') flat.push(name, value);
    else for (const one of value) flat.push(name, one);
  }
  return flat;
}
