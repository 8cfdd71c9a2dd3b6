import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { CONTROL_FAILURES } from '@portico/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ControlPlaneConfig } from '../config.ts';
import { ApiError } from './api-error.ts';
import { errorBody, toApiError } from './error-filter.ts';
import { newRequestId, requestIdOf } from './request-id.ts';
import { takesYaml } from './takes-yaml.ts';

const JSON_LIKE = ['application/merge-patch+json', 'application/vnd.oai.openapi+json'];
/** What YAML is sent as, to the few routes that read it. */
const TEXT_LIKE = [
  'application/yaml',
  'application/x-yaml',
  'text/yaml',
  'text/plain',
  'application/vnd.oai.openapi',
];
const HEADER_BYTES_MAX = 16_384;

/** Fastify with limits on everything, an id on every answer, and our error body everywhere. */
export function createAdapter(config: ControlPlaneConfig): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: config.limits.bodyBytesMax,
    trustProxy: config.trustedProxies.length > 0 ? [...config.trustedProxies] : false,
    logger: false,
    genReqId: (raw: IncomingMessage) => requestIdOf(raw.headers),
    requestTimeout: 60_000,
    keepAliveTimeout: 72_000,
    forceCloseConnections: 'idle',
    http: { maxHeaderSize: HEADER_BYTES_MAX },
    routerOptions: { maxParamLength: 200, ignoreTrailingSlash: true },
    frameworkErrors: answerFrameworkError,
    clientErrorHandler: (_error, socket) => answerUnreadable(socket),
  });
  const fastify = adapter.getInstance();
  fastify.addHook('onRequest', (request, reply, done) => {
    reply.header('x-request-id', request.id);
    reply.header('x-content-type-options', 'nosniff');
    reply.header('referrer-policy', 'no-referrer');
    if (request.url.startsWith('/api/')) reply.header('cache-control', 'no-store');
    done();
  });
  // Fastify hangs up on who sends too much, and a caller that is still sending then sees a broken
  // connection in place of the 413; without this header Node reads the rest away, in bounded time.
  fastify.addHook('onSend', (_request, reply, _payload, done) => {
    if (reply.statusCode === 413) reply.removeHeader('connection');
    done();
  });
  // Fastify's own parser: it refuses `__proto__` and `constructor.prototype`.
  const parseJson = fastify.getDefaultJsonParser('error', 'error');
  fastify.addContentTypeParser(JSON_LIKE, { parseAs: 'string' }, parseJson);
  fastify.addContentTypeParser(TEXT_LIKE, { parseAs: 'string' }, (request, body, done) => {
    // A route that is not there is 404, whatever it was sent.
    if (request.is404 || takesYaml(request)) done(null, body);
    else done(new ApiError('unsupported_media_type'));
  });
  return adapter;
}

/** What the router refuses before any hook or filter runs: malformed URLs, over-long parameters. */
function answerFrameworkError(error: Error, request: FastifyRequest, reply: FastifyReply): void {
  const failure = toApiError(error);
  void reply
    .status(failure.status)
    .headers({ 'x-request-id': request.id, 'content-type': 'application/json; charset=utf-8' })
    .send(JSON.stringify(errorBody(failure, request.id)));
}

/** Not HTTP at all: answer once, in our words, and hang up. */
function answerUnreadable(socket: Socket): void {
  if (!socket.writable || socket.destroyed) return;
  const id = newRequestId();
  const body = JSON.stringify({
    error: 'malformed_body',
    message: 'The request is not well-formed HTTP.',
    request_id: id,
  });
  const head = [
    `HTTP/1.1 ${CONTROL_FAILURES.malformed_body.status} Bad Request`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    `x-request-id: ${id}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
