import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { GatewayFailureCode } from '@portico/contracts';
import type { GatewayConfig } from '../config.ts';
import { createHttpListener, listen } from './http-listener.ts';
import type { TrafficListener } from './http-listener.ts';
import { answerMalformed, codeOfParserError } from './malformed.ts';

export interface TrafficParts {
  readonly handle: (request: IncomingMessage, response: ServerResponse) => void;
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  readonly isUnderWay: (socket: Socket) => boolean;
  /** True when it was dealt with on the request that is under way there. */
  readonly onMalformed: (socket: Socket, code: GatewayFailureCode) => boolean;
}

/** Partner traffic: every listener there is, and the way they all end. */
export class TrafficServer {
  readonly #http: Server;
  #isDraining = false;

  constructor(config: GatewayConfig, parts: TrafficParts) {
    this.#http = createHttpListener(config.limits, this.#listener(parts));
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  async start(config: GatewayConfig): Promise<{ httpPort: number }> {
    return { httpPort: await listen(this.#http, config.httpPort, config.host) };
  }

  /**
   * First a grace in which every answer says `Connection: close`: a caller that is just sending on an
   * idle connection must not find it shut. Then no new connection is taken, and it resolves when the
   * last call is answered, or cuts what is left after `withinMs`.
   */
  async drain(graceMs: number, withinMs: number): Promise<void> {
    this.#isDraining = true;
    await delay(graceMs);
    const closed = new Promise<void>((resolve) => this.#http.close(() => resolve()));
    this.#http.closeIdleConnections();
    const cut = setTimeout(() => this.#http.closeAllConnections(), withinMs);
    await closed;
    clearTimeout(cut);
  }

  #listener(parts: TrafficParts): TrafficListener {
    return {
      onRequest: (request, response) => {
        // Told on the answer, so that no caller sends its next request into a closing socket.
        if (this.#isDraining) response.shouldKeepAlive = false;
        parts.handle(request, response);
      },
      onUpgrade: parts.upgrade,
      onMalformed: (error: NodeJS.ErrnoException, socket: Socket) => {
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
      },
    };
  }
}
