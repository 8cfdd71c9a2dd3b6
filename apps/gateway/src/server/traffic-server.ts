import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Http2SecureServer, ServerHttp2Session } from 'node:http2';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayFailureCode } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { GatewayConfig } from '../config.ts';
import { createHttpListener, listen } from './http-listener.ts';
import type { TrafficListener } from './http-listener.ts';
import { answerMalformed, codeOfParserError } from './malformed.ts';
import { readTls, tlsFiles, watchTls } from './tls-certificate.ts';
import { createTlsListener } from './tls-listener.ts';

export interface TrafficParts {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly onDropped: () => void;
  readonly onDraining: () => void;
  readonly isUnderWay: (socket: Socket) => boolean;
  /** True when it was dealt with on the request that is under way there. */
  readonly onMalformed: (socket: Socket, code: GatewayFailureCode) => boolean;
}

const CLOSE_IDLE_EVERY_MS = 100;
/** A connection that is older, and on which nothing ever came, was opened in reserve. */
const RESERVE_MS = 1_000;

/** Partner traffic: every listener there is, and the way they all end. */
export class TrafficServer {
  readonly #config: GatewayConfig;
  readonly #logger: Logger;
  readonly #listener: TrafficListener;
  readonly #onDraining: () => void;
  readonly #http: Server;
  readonly #sessions = new Set<ServerHttp2Session>();
  /** All but those of HTTP/2, which end with their session. */
  readonly #sockets = new Set<Socket>();
  #https: Http2SecureServer | null = null;
  #stopWatching: (() => void) | null = null;
  #isDraining = false;

  constructor(config: GatewayConfig, parts: TrafficParts, logger: Logger) {
    this.#config = config;
    this.#logger = logger;
    this.#listener = this.#listenerOf(parts);
    this.#onDraining = parts.onDraining;
    this.#http = createHttpListener(config.limits, this.#listener);
    this.#http.on('connection', (socket) => this.#keep(socket));
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async start(): Promise<{ httpPort: number; tlsPort: number | null }> {
    const { host, httpPort, tlsPort } = this.#config;
    return {
      httpPort: await listen(this.#http, httpPort, host),
      tlsPort: tlsPort === null ? null : await this.#startTls(tlsPort, host),
    };
  }

  /**
   * First a grace in which every answer says `Connection: close`: a caller that is just sending on an
   * idle connection must not find it shut. Then no new connection is taken, and it resolves when the
   * last call is answered, or cuts what is left after `withinMs`.
   */
  async drain(graceMs: number, withinMs: number, afterGrace: () => void): Promise<void> {
    this.#isDraining = true;
    this.#onDraining();
    this.#stopWatching?.();
    await delay(graceMs);
    afterGrace();
    const closed = [this.#http, this.#https]
      .filter((server) => server !== null)
      .map((server) => new Promise<void>((resolve) => server.close(() => resolve())));
    const reservedUntil = performance.now() + RESERVE_MS;
    // Again and again: an answer whose head was out before leaves its connection open.
    const idle = setInterval(() => {
      this.#closeIdle();
      if (performance.now() > reservedUntil) this.#closeUnused();
    }, CLOSE_IDLE_EVERY_MS);
    this.#closeIdle();
    // HTTP/2 says it in a GOAWAY frame: streams under way finish, no new ones are opened.
    for (const session of this.#sessions) session.close();
    const cut = setTimeout(() => this.#cut(), withinMs);
    await Promise.all(closed);
    clearTimeout(cut);
    clearInterval(idle);
  }

  #closeIdle(): void {
    this.#http.closeIdleConnections();
    (this.#https as unknown as Partial<Server> | null)?.closeIdleConnections?.();
  }

  /** Node takes these for busy, awaiting a request: a balancer's spare one would hold up every stop. */
  #closeUnused(): void {
    for (const socket of this.#sockets) if (socket.bytesRead === 0) socket.destroy();
  }

  #keep(socket: Socket): void {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
  }

  #cut(): void {
    this.#http.closeAllConnections();
    for (const session of this.#sessions) session.destroy();
    // Its HTTP/1.1 half keeps its own list, under the plain server's name.
    (this.#https as unknown as Partial<Server> | null)?.closeAllConnections?.();
  }

  async #startTls(port: number, host: string): Promise<number> {
    const files = await tlsFiles(this.#config.tlsFiles, this.#config.dataDir);
    const server = createTlsListener(this.#config.limits, await readTls(files), this.#listener);
    server.on('session', (session) => {
      this.#sessions.add(session);
      session.once('close', () => this.#sessions.delete(session));
    });
    server.on('secureConnection', (socket) => {
      if (socket.alpnProtocol !== 'h2') this.#keep(socket);
    });
    this.#https = server;
    const renew = (material: { cert: Buffer; key: Buffer }) => server.setSecureContext(material);
    this.#stopWatching = watchTls(files, renew, { logger: this.#logger });
    return listen(server, port, host);
  }

  #listenerOf(parts: TrafficParts): TrafficListener {
    return {
      onRequest: (request, response) => {
        // Told on the answer, so that no caller sends its next request into a closing socket.
        if (this.#isDraining) response.shouldKeepAlive = false;
        parts.handle(request, response);
      },
      onUpgrade: parts.upgrade,
      onDropped: parts.onDropped,
      onMalformed: (error, socket) => onMalformed(parts, error, socket),
    };
  }
}

function onMalformed(parts: TrafficParts, error: NodeJS.ErrnoException, socket: Socket): void {
  // The peer is gone: there is nobody to answer, and nothing was asked.
  if (error.code === 'ECONNRESET' || error.code === 'EPIPE') {
    socket.destroy();
    return;
  }
  // Hung up in the middle of a body: its own story, told by the request that is under way.
  if (error.code === 'HPE_INVALID_EOF_STATE' && parts.isUnderWay(socket)) {
    socket.destroy();
    return;
  }
  const code = codeOfParserError(error);
  if (!parts.onMalformed(socket, code)) answerMalformed(socket, code);
}
