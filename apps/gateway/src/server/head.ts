import type { IncomingMessage } from 'node:http';
import type { GatewayFailureCode } from '@portico/contracts';

export interface HeadLimits {
  readonly headerCountMax: number;
  readonly urlBytesMax: number;
}

export interface RequestTarget {
  readonly path: string;
  /** Without `?`; empty when there is none. */
  readonly query: string;
}

/** A host, an IPv6 literal, and maybe a port: nothing that could end a header or hide a second host. */
const HOST = /^(?:[A-Za-z0-9._~-]+|\[[0-9A-Fa-f:.]+\])(?::[0-9]{1,5})?$/;
const ABSOLUTE_FORM = /^https?:\/\/[^/?#]*/i;
/** Visible ASCII without `#`: a fragment or a raw control byte has no business in a request target. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/**
 * What the parser lets through and we do not. Node silently drops headers beyond `maxHeadersCount`,
 * so that stays off and the count is checked here: a dropped header could be a restriction.
 */
export function headFlaw(request: IncomingMessage, limits: HeadLimits): GatewayFailureCode | null {
  if (request.rawHeaders.length > 2 * limits.headerCountMax) return 'headers_too_large';
  const url = request.url ?? '';
  if (url.length > limits.urlBytesMax) return 'headers_too_large';
  if (!TARGET.test(url)) return 'bad_request';
  if (!isSaneHost(request)) return 'bad_request';
  // HTTP/2 keeps the first of several: what we judge must be all there is.
  if (request.httpVersionMajor >= 2 && isRepeated(request, 'authorization')) return 'bad_request';
  return isSaneFraming(request) ? null : 'bad_request';
}

/** HTTP/1.1 needs exactly one Host (duplicates arrive joined by a comma and do not match). */
function isSaneHost(request: IncomingMessage): boolean {
  const host = request.headers.host ?? request.headers[':authority'];
  if (host === undefined) return request.httpVersion === '1.0';
  return typeof host === 'string' && HOST.test(host);
}

const isRepeated = (request: IncomingMessage, name: string): boolean =>
  request.rawHeaders.filter((header, at) => at % 2 === 0 && header === name).length > 1;

/** Any coding but `chunked` would be lost on the way: we un-chunk, and the name is hop-by-hop. */
function isSaneFraming(request: IncomingMessage): boolean {
  const coding = request.headers['transfer-encoding'];
  if (coding === undefined) return true;
  return (
    coding.toLowerCase() === 'chunked' &&
    request.httpVersion === '1.1' &&
    request.headers['content-length'] === undefined
  );
}

/** Splits the target; the absolute form is reduced to its path. `null` when it is neither. */
export function readTarget(url: string): RequestTarget | null {
  let target = url;
  if (!target.startsWith('/')) {
    const authority = ABSOLUTE_FORM.exec(target);
    if (authority === null) return null;
    target = target.slice(authority[0].length);
    if (!target.startsWith('/')) target = `/${target}`;
  }
  const mark = target.indexOf('?');
  return mark === -1
    ? { path: target, query: '' }
    : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** True when the caller announced a body, of whatever length. */
export function hasBody(request: IncomingMessage): boolean {
  const length = request.headers['content-length'];
  if (length !== undefined) return length !== '0';
  if (request.headers['transfer-encoding'] !== undefined) return true;
  const stream = (request as { stream?: { endAfterHeaders?: boolean } }).stream;
  return request.httpVersionMajor === 2 && stream?.endAfterHeaders === false;
}
