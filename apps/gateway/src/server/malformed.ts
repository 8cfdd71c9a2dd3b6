import { STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import { GATEWAY_FAILURES } from '@portico/contracts';
import type { ErrorBody, GatewayFailureCode } from '@portico/contracts';
import { newRequestId } from './request-id.ts';

const CODE_BY_PARSER_ERROR: Readonly<Record<string, GatewayFailureCode>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/** What a parser or time-out error of the HTTP server means to the caller. */
export const codeOfParserError = (error: NodeJS.ErrnoException): GatewayFailureCode =>
  CODE_BY_PARSER_ERROR[error.code ?? ''] ?? 'bad_request';

/**
 * Answers on the bare socket and closes it. After a parse error nobody knows where the next request
 * starts, so the connection must not be used again: that is how requests are smuggled.
 */
export function answerMalformed(socket: Socket, code: GatewayFailureCode): void {
  const requestId = newRequestId();
  const { status, message } = GATEWAY_FAILURES[code];
  const body = JSON.stringify({ error: code, message, request_id: requestId } satisfies ErrorBody);
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      `X-Request-ID: ${requestId}\r\nContent-Type: application/json; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
    () => socket.destroy(),
  );
}
