import type { ServerResponse } from 'node:http';
import type { Exchange } from './exchange.ts';

/**
 * Sends the head and remembers it for the record. Throws when a name or value could not stand in an
 * HTTP message.
 */
export function writeHead(
  exchange: Exchange,
  status: number,
  flat: string[],
  statusText?: string,
): void {
  const { response, request } = exchange;
  exchange.status = status;
  exchange.responseHeaders = flat;
  if (request.httpVersionMajor >= 2) {
    // HTTP/2 has no reason phrase, and its compatibility layer would keep only the last of a name.
    response.writeHead(status, grouped(flat));
  } else if (statusText === undefined || statusText === '') {
    response.writeHead(status, flat);
  } else {
    response.writeHead(status, statusText, flat);
  }
}

/** Flat to a map with lower-case names; repeated ones become lists. */
export function grouped(flat: readonly string[]): Record<string, string | string[]> {
  const map: Record<string, string | string[]> = {};
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = (flat[at] as string).toLowerCase();
    const value = flat[at + 1] as string;
    if (name === 'connection') continue;
    const before = map[name];
    if (before === undefined) map[name] = value;
    else if (typeof before === 'string') map[name] = [before, value];
    else before.push(value);
  }
  return map;
}

/**
 * True where the caller is still sending a body that nobody is going to read. Node calls a request
 * complete only after its handler has run, bodiless ones too; so the head is asked as well, or every
 * refusal would cost its caller the connection.
 */
export function hasUnreadBody({ request }: Exchange): boolean {
  if (request.complete || request.httpVersionMajor >= 2) return false;
  const { 'content-length': length, 'transfer-encoding': coding } = request.headers;
  return coding !== undefined || (length !== undefined && length !== '0');
}

const LINGER_MS = 2_000;
const LINGER_BYTES_MAX = 1024 * 1024;

/**
 * Ends an answer to a caller that is still sending. Closing at once would reset the connection, and
 * the reset can destroy the answer before it was read; so the rest is read and thrown away, bounded,
 * and only then the connection ends (RFC 9112 §9.6).
 */
export function endLingering(
  response: ServerResponse,
  exchange: Exchange,
  body: Buffer | string,
): void {
  const { request } = exchange;
  response.write(body);
  let drained = 0;
  const end = (): void => {
    clearTimeout(timer);
    request.off('data', onData);
    response.end();
  };
  const onData = (chunk: Buffer): void => {
    drained += chunk.length;
    if (drained > LINGER_BYTES_MAX) end();
  };
  const timer = setTimeout(end, LINGER_MS);
  request.on('data', onData).once('end', end).once('close', end).resume();
}
