import type { Duplex } from 'node:stream';
import type { Admission, ConfigIndex } from '@portico/enforcement';
import type { IncomingHttpHeaders } from 'undici/types/header.js';
import type { Exchange } from '../handle/exchange.ts';
import { appendRateHeaders, RATE_HEADERS } from '../handle/rate-headers.ts';
import type { StillAdmits } from '../handle/still-admits.ts';
import { upstreamsHeaders } from './response-headers.ts';

interface Tunnel {
  readonly exchange: Exchange;
  readonly admission: Admission;
  readonly close: (reason: string) => void;
}

const NOTHING: ReadonlySet<string> = new Set();

/**
 * WebSockets and event streams that stand open. A call is over in a moment, these are not: so what
 * admitted them is looked at again with every revision, and what would not be admitted any more ends.
 */
export class Tunnels {
  readonly #open = new Set<Tunnel>();
  readonly #idleMs: number;
  readonly #stillAdmits: StillAdmits;

  constructor(idleMs: number, stillAdmits: StillAdmits) {
    this.#idleMs = idleMs;
    this.#stillAdmits = stillAdmits;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Joins partner and upstream; from here on bytes go by in both directions as they come. */
  join(
    exchange: Exchange,
    admission: Admission,
    upstream: Duplex,
    headers: IncomingHttpHeaders,
  ): void {
    const partner = exchange.upgrade;
    if (partner === null || partner.socket.destroyed) {
      upstream.destroy();
      return;
    }
    const { socket, head } = partner;
    const close = (reason: string): void => {
      exchange.reason ??= reason;
      socket.destroy();
      upstream.destroy();
    };
    this.watch(exchange, admission, close);
    socket.once('close', () => upstream.destroy());
    upstream.once('close', () => socket.destroy());
    socket.write(switchingProtocols(exchange, headers), 'latin1');
    if (head.length > 0) upstream.write(head);
    exchange.requestBytes += head.length;
    this.#pump(socket, upstream, (bytes) => (exchange.requestBytes += bytes), close);
    this.#pump(upstream, socket, (bytes) => (exchange.responseBytes += bytes), close);
  }

  /** Looks after anything that stays open until its connection, or the answer on it, is done. */
  watch(exchange: Exchange, admission: Admission, close: (reason: string) => void): void {
    const tunnel: Tunnel = { exchange, admission, close };
    this.#open.add(tunnel);
    const ended = exchange.upgrade?.socket ?? exchange.response;
    ended.once('close', () => this.#open.delete(tunnel));
  }

  /** Call in the step that swaps the index. */
  applyIndex(index: ConfigIndex): void {
    for (const tunnel of this.#open) {
      if (!this.#isStillAdmitted(index, tunnel)) tunnel.close('access_revoked');
    }
  }

  closeAll(): void {
    for (const tunnel of this.#open) tunnel.close('node_stopping');
  }

  /** Nothing it was admitted by has changed, or what has would still admit it. */
  #isStillAdmitted(index: ConfigIndex, { exchange, admission }: Tunnel): boolean {
    const { client, collection } = admission;
    const isUnchanged =
      index.clientById.get(client.id) === client &&
      index.collectionById.get(collection.id) === collection;
    return isUnchanged || (exchange.inbound !== null && this.#stillAdmits(index, exchange.inbound));
  }

  #pump(
    from: Duplex,
    to: Duplex,
    count: (bytes: number) => void,
    close: (reason: string) => void,
  ): void {
    const idle = setTimeout(() => close('idle_timeout'), this.#idleMs);
    from.on('data', (chunk: Buffer) => {
      idle.refresh();
      count(chunk.length);
      if (!to.write(chunk)) from.pause();
    });
    to.on('drain', () => from.resume());
    from.once('end', () => to.end());
    from.once('error', () => close('connection_error'));
    from.once('close', () => clearTimeout(idle));
    from.resume();
  }
}

function switchingProtocols(exchange: Exchange, headers: IncomingHttpHeaders): string {
  const limits = exchange.limitStates();
  const flat = [
    'Connection',
    'Upgrade',
    'Upgrade',
    'websocket',
    'X-Request-ID',
    exchange.requestId,
    ...upstreamsHeaders(headers, limits.length > 0 ? RATE_HEADERS : NOTHING),
  ];
  appendRateHeaders(flat, limits);
  exchange.status = 101;
  exchange.responseHeaders = flat;
  let head = 'HTTP/1.1 101 Switching Protocols\r\n';
  for (let at = 0; at + 1 < flat.length; at += 2) head += `${flat[at]}: ${flat[at + 1]}\r\n`;
  return `${head}\r\n`;
}
