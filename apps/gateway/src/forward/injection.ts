import type { CompiledEndpoint, UpstreamCredential } from '@portico/enforcement';

/** What an endpoint puts into every upstream request, worked out once per revision of it. */
export interface Injection {
  /** Flat, lower-case names, ready to send. */
  readonly headers: readonly string[];
  /** Appended to the query; empty when nothing is. */
  readonly query: string;
  /** Lower case: what the caller sent under these names is dropped. */
  readonly names: ReadonlySet<string>;
  /** Query parameters of the caller that ours replace. */
  readonly queryName: string | null;
  /** Variables that this node lacks: the endpoint fails closed rather than call without them. */
  readonly missing: readonly string[];
}

export type Variables = (name: string) => string | undefined;

const ENV = 'env:';
/** Latin-1 without controls: what may stand in a header. */
const HEADER_VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Cached per compiled endpoint: a revision that leaves it alone leaves this alone too. */
export function createInjections(variable: Variables): (endpoint: CompiledEndpoint) => Injection {
  const known = new WeakMap<CompiledEndpoint, Injection>();
  return (endpoint) => {
    const found = known.get(endpoint);
    if (found !== undefined) return found;
    const injection = injectionOf(endpoint, variable);
    known.set(endpoint, injection);
    return injection;
  };
}

function injectionOf(endpoint: CompiledEndpoint, variable: Variables): Injection {
  const valueByName = new Map<string, string>();
  const missing: string[] = [];
  for (const { name, value } of endpoint.headers) {
    const resolved = value.startsWith(ENV) ? variable(value.slice(ENV.length)) : value;
    if (resolved === undefined || !HEADER_VALUE.test(resolved))
      missing.push(value.slice(ENV.length));
    else valueByName.set(name.toLowerCase(), resolved);
  }
  for (const [name, value] of credentialHeaders(endpoint.credential)) valueByName.set(name, value);
  const inQuery = queryCredential(endpoint.credential);
  return {
    headers: [...valueByName].flat(),
    names: new Set(valueByName.keys()),
    query:
      inQuery === null
        ? ''
        : `${encodeURIComponent(inQuery.name)}=${encodeURIComponent(inQuery.value)}`,
    queryName: inQuery?.name ?? null,
    missing,
  };
}

/** OAuth 2.0 tokens are fetched per call from a cache, and mTLS lives in the connection. */
function credentialHeaders(credential: UpstreamCredential | null): [string, string][] {
  switch (credential?.type) {
    case 'basic': {
      const pair = Buffer.from(`${credential.username}:${credential.password}`).toString('base64');
      return [['authorization', `Basic ${pair}`]];
    }
    case 'bearer':
      return [['authorization', `Bearer ${credential.token}`]];
    case 'api_key':
      return credential.in === 'header' ? [[credential.name.toLowerCase(), credential.value]] : [];
    case 'oauth2_client_credentials':
    case 'mtls':
    case undefined:
      return [];
  }
}

const queryCredential = (credential: UpstreamCredential | null) =>
  credential?.type === 'api_key' && credential.in === 'query'
    ? { name: credential.name, value: credential.value }
    : null;

/** The query to send: a caller's own value under the credential's name must not come first, or last. */
export function upstreamQuery(query: string, injection: Injection): string {
  if (injection.queryName === null) return query;
  const { queryName } = injection;
  const kept = query
    .split('&')
    .filter((part) => part !== '' && nameOf(part) !== queryName)
    .join('&');
  return kept === '' ? injection.query : `${kept}&${injection.query}`;
}

function nameOf(part: string): string {
  const name = part.split('=', 1)[0] ?? '';
  try {
    return decodeURIComponent(name.replaceAll('+', ' '));
  } catch {
    return name;
  }
}
