import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { Exchange } from '../handle/exchange.ts';
import { appendRateHeaders, RATE_HEADERS } from '../handle/rate-headers.ts';
import { grouped, hasUnreadBody, writeHead } from '../handle/write-head.ts';
import { upstreamsHeaders } from './response-headers.ts';

const JOINED_BYTES_MAX = 8 * 1024;
const NOTHING: ReadonlySet<string> = new Set();
/** Where we decide who may read an answer from a browser, the upstream does not. */
const CORS_HEADERS = [
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-allow-headers',
  'access-control-expose-headers',
  'access-control-max-age',
];
/** What of the upstream's is replaced: by limits (1), by CORS (2), by both (3). */
const REPLACED: readonly ReadonlySet<string>[] = [
  NOTHING,
  RATE_HEADERS,
  new Set(CORS_HEADERS),
  new Set([...RATE_HEADERS, ...CORS_HEADERS]),
];

/** Where an answer goes: what is known of it once its head arrived. */
export class Answer {
  /** Bytes announced, or null when the end is marked otherwise. */
  readonly length: number | null;
  readonly isEventStream: boolean;
  readonly #exchange: Exchange;
  #isEnded = false;

  constructor(exchange: Exchange, headers: IncomingHttpHeaders) {
    this.#exchange = exchange;
    const length = Number(headers['content-length'] ?? Number.NaN);
    this.length = Number.isSafeInteger(length) ? length : null;
    this.isEventStream = String(headers['content-type'] ?? '').startsWith('text/event-stream');
  }

  /** Throws when the upstream's head could not stand in an HTTP message. */
  begin(status: number, statusText: string | undefined, headers: IncomingHttpHeaders): void {
    const exchange = this.#exchange;
    const limits = exchange.limitStates();
    const isRated = limits.length > 0;
    const isShared = exchange.corsHeaders.length > 0;
    const flat = upstreamsHeaders(
      headers,
      REPLACED[(isRated ? 1 : 0) + (isShared ? 2 : 0)] ?? NOTHING,
    );
    flat.push('X-Request-ID', exchange.requestId, ...exchange.corsHeaders);
    appendRateHeaders(flat, limits);
    // The upstream did not want the rest of the body: nobody knows where the next request starts.
    if (hasUnreadBody(exchange)) flat.push('Connection', 'close');
    writeHead(exchange, status, flat, statusText);
    // A head that may stay alone for a while (events, long polls) must not wait for its first byte.
    if (this.length === null) exchange.response.flushHeaders();
  }

  /** False when the caller is slower than the upstream: wait for `drain`. */
  write(chunk: Buffer): boolean {
    const exchange = this.#exchange;
    exchange.responseBytes += chunk.length;
    exchange.responseCapture?.add(chunk);
    // The last chunk goes out with the end of the message: one packet instead of two.
    if (exchange.responseBytes === this.length) {
      this.#isEnded = true;
      // As a string Node joins a small body with the head into one write; latin1 keeps every byte.
      if (chunk.length <= JOINED_BYTES_MAX)
        exchange.response.end(chunk.toString('latin1'), 'latin1');
      else exchange.response.end(chunk);
      return true;
    }
    return exchange.response.write(chunk);
  }

  end(trailers: IncomingHttpHeaders): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { response } = this.#exchange;
    const flat = upstreamsHeaders(trailers, NOTHING);
    if (flat.length > 0 && this.length === null) response.addTrailers(grouped(flat));
    response.end();
  }
}

/** `103 Early Hints` is worth passing on; other interim answers are between us and the upstream. */
export function relayInterim(
  exchange: Exchange,
  status: number,
  headers: IncomingHttpHeaders,
): void {
  const { response, request } = exchange;
  const link = headers['link'];
  if (status !== 103 || link === undefined || request.httpVersion === '1.0') return;
  if (!response.headersSent) response.writeEarlyHints({ link });
}
