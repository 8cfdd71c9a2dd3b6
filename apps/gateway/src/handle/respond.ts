import type { ServerResponse } from 'node:http';
import { GATEWAY_FAILURES } from '@portico/contracts';
import type { ErrorBody, FailureDetail, GatewayFailureCode, Method } from '@portico/contracts';
import type { Exchange } from './exchange.ts';
import { appendRateHeaders } from './rate-headers.ts';
import { endLingering, hasUnreadBody, writeHead } from './write-head.ts';

/** A `no`: the code is all that is needed, the rest says more where there is more to say. */
export interface No {
  readonly code: GatewayFailureCode;
  readonly message?: string;
  readonly details?: readonly FailureDetail[];
  readonly allow?: readonly Method[];
  readonly retryAfterSeconds?: number;
  readonly wwwAuthenticate?: string;
  /** Only for the record and the log. */
  readonly reason?: string;
}

/** Answers from the failure catalogue. The details of what broke go to the record, never to the body. */
export function refuse(exchange: Exchange, no: No): void {
  if (exchange.isRefused) return;
  exchange.isRefused = true;
  const { response, requestId } = exchange;
  exchange.outcome = no.code;
  exchange.reason = no.reason ?? null;
  const failure = GATEWAY_FAILURES[no.code];
  if (response.headersSent || isGone(response)) {
    // Too late for another answer: cutting the connection is the only way left to say that it broke.
    if (exchange.status === 0) exchange.status = failure.status;
    response.destroy();
    return;
  }
  const body = JSON.stringify({
    error: no.code,
    message: no.message ?? failure.message,
    request_id: requestId,
    ...(no.details === undefined || no.details.length === 0 ? {} : { details: no.details }),
  } satisfies ErrorBody);
  const flat = headersOf(exchange, no, Buffer.byteLength(body));
  const isLingering = hasUnreadBody(exchange);
  if (isLingering) flat.push('Connection', 'close');
  writeHead(exchange, failure.status, flat);
  exchange.responseBytes = Buffer.byteLength(body);
  exchange.responseCapture?.add(Buffer.from(body));
  if (isLingering) endLingering(response, exchange, body);
  else response.end(body);
}

function headersOf(exchange: Exchange, no: No, bodyBytes: number): string[] {
  const flat = [
    'Content-Type',
    'application/json; charset=utf-8',
    'Content-Length',
    String(bodyBytes),
    'Cache-Control',
    'no-store',
    'X-Request-ID',
    exchange.requestId,
  ];
  if (no.allow !== undefined) flat.push('Allow', no.allow.join(', '));
  if (no.retryAfterSeconds !== undefined) flat.push('Retry-After', String(no.retryAfterSeconds));
  if (no.wwwAuthenticate !== undefined) flat.push('WWW-Authenticate', no.wwwAuthenticate);
  flat.push(...exchange.corsHeaders);
  appendRateHeaders(flat, exchange.limitStates());
  return flat;
}

/** HTTP/2's answers know it of their stream only. */
const isGone = (response: ServerResponse & { stream?: { destroyed: boolean } }): boolean =>
  response.destroyed || response.stream?.destroyed === true;

/** The answer to a browser's preflight: nothing but the permissions. */
export function answerPreflight(exchange: Exchange): void {
  exchange.outcome = 'preflight';
  writeHead(exchange, 204, ['X-Request-ID', exchange.requestId, ...exchange.corsHeaders]);
  exchange.response.end();
}
