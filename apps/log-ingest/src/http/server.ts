import { createHash, timingSafeEqual } from 'node:crypto';
import type { Metrics } from '@portico/telemetry';
import { fastify, LogController, type FastifyBaseLogger, type FastifyInstance } from 'fastify';
import type { LogStore } from '../store/log-store.ts';
import { answerFailures, FailureError, requestIdFor } from './failures.ts';
import { exportRoute } from './export-route.ts';
import { queryRoutes } from './query-routes.ts';

export interface ServerOptions {
  readonly store: LogStore;
  readonly metrics: Metrics;
  /** Any of them opens the query API. */
  readonly tokens: readonly string[];
  readonly exportsMax: number;
  /** Undefined while everything this service needs is there; else what is not. */
  readonly unreadyReason: () => Promise<string | undefined>;
  readonly logger: FastifyBaseLogger;
}

const REQUEST_TIMEOUT_MS = 10_000;
const URL_CHARS_MAX = 8_192;

export function createServer(options: ServerOptions): FastifyInstance {
  const server = fastify({
    loggerInstance: options.logger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: (request) => requestIdFor(request.headers['x-request-id']),
    // Nothing here takes a body.
    bodyLimit: 1_024,
    requestTimeout: REQUEST_TIMEOUT_MS,
    routerOptions: { maxParamLength: URL_CHARS_MAX },
    forceCloseConnections: 'idle',
  });
  server.addHook('onRequest', async (request, reply) => {
    void reply.header('x-request-id', request.id);
  });
  answerFailures(server);
  processRoutes(server, options);
  void server.register(async (internal) => {
    const isToken = tokenCheck(options.tokens);
    internal.addHook('onRequest', async (request) => {
      if (!isToken(request.headers.authorization)) throw new FailureError('unauthenticated');
    });
    internal.addHook('preHandler', async (request) => refuseNul(request.query));
    queryRoutes(internal, options.store);
    exportRoute(internal, options.store, { exportsMax: options.exportsMax });
  });
  return server;
}

function processRoutes(server: FastifyInstance, { metrics, unreadyReason }: ServerOptions): void {
  server.get('/healthz', () => ({ status: 'ok' }));
  server.get('/readyz', async (_request, reply) => {
    const reason = await unreadyReason();
    if (reason === undefined) return { status: 'ready' };
    return reply.code(503).send({ status: 'not_ready', reason });
  });
  server.get('/metrics', async (_request, reply) =>
    reply.type(metrics.contentType).send(await metrics.text()),
  );
}

/** PostgreSQL text cannot hold it, so nothing stored could match. */
function refuseNul(query: unknown): void {
  for (const [name, value] of Object.entries(query as Record<string, unknown>)) {
    if (!String(value).includes('\0')) continue;
    const details = [{ path: `query.${name}`, message: 'must not contain a NUL character' }];
    throw new FailureError('validation_failed', { details });
  }
}

/** Compares digests: of equal length whatever was sent, and in constant time. */
function tokenCheck(tokens: readonly string[]): (authorization: string | undefined) => boolean {
  const expected = tokens.map((token) => digest(`Bearer ${token}`));
  return (authorization) => {
    const given = digest(authorization ?? '');
    return expected.some((one) => timingSafeEqual(given, one));
  };
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
