import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { AddressInfo, Server as NetServer, Socket } from 'node:net';
import type { GatewayConfig } from '../config.ts';

export type RequestListener = (request: IncomingMessage, response: ServerResponse) => void;

export interface TrafficListener {
  readonly onRequest: RequestListener;
  readonly onUpgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** The bytes on the wire were not a request (any more), or did not come in time. */
  readonly onMalformed: (error: NodeJS.ErrnoException, socket: Socket) => void;
  /** There are `connectionsMax` already: the connection was closed unanswered. */
  readonly onDropped: () => void;
}

/**
 * The parser stays strict (never `insecureHTTPParser`). Duplicates are joined rather than dropped, so
 * a header sent twice can never be read as its first value here and as its second one upstream.
 */
export const serverOptions = (limits: GatewayConfig['limits']): ServerOptions => ({
  insecureHTTPParser: false,
  joinDuplicateHeaders: true,
  requireHostHeader: false,
  maxHeaderSize: limits.headBytesMax,
  headersTimeout: limits.headTimeoutMs,
  requestTimeout: limits.requestTimeoutMs,
  keepAliveTimeout: limits.keepAliveMs,
  connectionsCheckingInterval: 500,
  noDelay: true,
  // Anything else (`h2c`, which some clients always offer) is a plain request that may be answered.
  shouldUpgradeCallback: (request) => request.headers.upgrade?.toLowerCase() === 'websocket',
});

export function createHttpListener(
  limits: GatewayConfig['limits'],
  traffic: TrafficListener,
): Server {
  return wire(createServer(serverOptions(limits)), limits, traffic);
}

/** Attaches our handlers to an HTTP or HTTPS server. */
export function wire<S extends Server>(
  server: S,
  limits: GatewayConfig['limits'],
  traffic: TrafficListener,
): S {
  server.maxHeadersCount = 0;
  server.maxConnections = limits.connectionsMax;
  server.maxRequestsPerSocket = 0;
  server.on('drop', traffic.onDropped);
  server.on('request', traffic.onRequest);
  // Same path: the body is asked for (100 Continue) only once the call is admitted.
  server.on('checkContinue', traffic.onRequest);
  server.on('checkExpectation', traffic.onRequest);
  server.on('upgrade', traffic.onUpgrade);
  server.on('connect', (request: IncomingMessage, socket: Duplex) =>
    traffic.onMalformed(new Error(`${request.method ?? ''} is not served`), socket as Socket),
  );
  server.on('clientError', (error: NodeJS.ErrnoException, socket: Duplex) =>
    traffic.onMalformed(error, socket as Socket),
  );
  return server;
}

/** Resolves with the port bound; rejects when it is taken. */
export function listen(server: NetServer, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host, backlog: 2048 }, () => {
      server.off('error', reject);
      resolve((server.address() as AddressInfo).port);
    });
  });
}
