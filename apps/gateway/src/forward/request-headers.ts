import type { ClientAddress } from '../server/client-address.ts';

/** About one connection only (RFC 9110 §7.6.1), or re-made by us; never passed on. */
export const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-connection',
  'proxy-authenticate',
  'proxy-authorization',
  'te',
  'transfer-encoding',
  'upgrade',
  'http2-settings',
]);

/**
 * Never from the caller. The last group lets a caller tell some frameworks another method or path
 * than the one we decided on.
 */
const NOT_FROM_CALLER: ReadonlySet<string> = new Set([
  ...HOP_BY_HOP,
  'host',
  'expect',
  'trailer',
  'via',
  'authorization',
  'x-client-id',
  'x-profile-id',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-forwarded-port',
  'x-forwarded-prefix',
  'x-forwarded-server',
  'x-real-ip',
  'forwarded',
  'x-request-id',
  'traceparent',
  'tracestate',
  'client-cert',
  'client-cert-chain',
  'x-http-method-override',
  'x-http-method',
  'x-method-override',
  'x-original-url',
  'x-rewrite-url',
]);

/**
 * CGI-like upstreams read `X_Portico_Client` as `X-Portico-Client`, so underscores count as dashes
 * here: otherwise a partner could name itself another client.
 */
export function isFromCaller(name: string): boolean {
  const dashed = name.includes('_') ? name.replaceAll('_', '-') : name;
  return (
    !NOT_FROM_CALLER.has(dashed) && !dashed.startsWith('x-portico-') && !dashed.startsWith(':')
  );
}

/** Headers that the message itself declares to be hop-by-hop, besides the well-known ones. */
export function namedByConnection(connection: string | undefined): ReadonlySet<string> | null {
  if (connection === undefined) return null;
  const value = connection.toLowerCase();
  if (value === 'keep-alive' || value === 'close') return null;
  return new Set(value.split(',').map((name) => name.trim()));
}

/** These say how long the message is; dropping them on a caller's word would re-frame it. */
const FRAMING: ReadonlySet<string> = new Set(['content-length', 'content-type']);

type HeaderMap = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The caller's own headers that may pass, as a flat list with lower-case names. */
export function callersHeaders(headers: HeaderMap): string[] {
  const named = namedByConnection(headers['connection'] as string | undefined);
  const flat: string[] = [];
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || !isFromCaller(name)) continue;
    if (named !== null && named.has(name) && !FRAMING.has(name)) continue;
    flat.push(name, typeof value === 'string' ? value : value.join(', '));
  }
  return flat;
}

export interface Hop {
  readonly headers: HeaderMap;
  readonly address: ClientAddress;
  readonly isTls: boolean;
  /** Of the caller's request, as Node says it: `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string;
}

/**
 * What a request says of its way here. `X-Forwarded-*` and `Forwarded` (RFC 7239) are continued
 * behind a trusted proxy and begun otherwise; `Via` is continued always, for it claims nothing about
 * the caller: it is there to find loops, and what must not be assumed of the caller's HTTP
 * (RFC 9110 §7.6.3).
 */
export function appendForwarding(flat: string[], hop: Hop): void {
  const before = hop.address.viaTrustedProxy ? hop.headers : {};
  const proto = hop.isTls ? 'https' : 'http';
  const host =
    text(before['x-forwarded-host']) ??
    text(hop.headers['host']) ??
    text(hop.headers[':authority']) ??
    '';
  flat.push('x-forwarded-for', joined(before['x-forwarded-for'], hop.address.peer));
  flat.push('x-forwarded-proto', text(before['x-forwarded-proto']) ?? proto);
  if (host !== '') flat.push('x-forwarded-host', host);
  const own = `for=${node(hop.address.peer)};proto=${proto}${host === '' ? '' : `;host="${quotable(host)}"`}`;
  flat.push('forwarded', joined(before['forwarded'], own));
  flat.push('via', joined(hop.headers['via'], viaOf(hop.httpVersion)));
}

const viaOf = (httpVersion: string): string => {
  if (httpVersion === '1.1') return '1.1 portico';
  return httpVersion === '1.0' ? '1.0 portico' : '2 portico';
};

const text = (value: string | readonly string[] | undefined): string | undefined =>
  typeof value === 'string' ? value : value?.[0];

const joined = (before: string | readonly string[] | undefined, own: string): string => {
  const earlier = text(before);
  return earlier === undefined || earlier === '' ? own : `${earlier}, ${own}`;
};

const node = (address: string): string => (address.includes(':') ? `"[${address}]"` : address);
const quotable = (value: string): string => value.replace(/[\\"]/g, '');
