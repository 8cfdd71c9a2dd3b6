import type { GatewayFailureCode } from '@portico/contracts';
import type { Exchange } from './exchange.ts';
import { refuse } from './respond.ts';

/** The requests under way, by connection, and how many there were. */
export class InFlight {
  readonly #bySocket = new WeakMap<object, Exchange>();
  readonly #open = new Set<Exchange>();
  #total = 0;

  get count(): number {
    return this.#open.size;
  }

  /** Since the process started. */
  get total(): number {
    return this.#total;
  }

  opened(exchange: Exchange): void {
    this.#open.add(exchange);
    this.#total += 1;
    this.#bySocket.set(exchange.request.socket, exchange);
  }

  closed(exchange: Exchange): void {
    this.#open.delete(exchange);
    const { socket } = exchange.request;
    if (this.#bySocket.get(socket) === exchange) this.#bySocket.delete(socket);
  }

  /** Tells the callers of what is under way not to send another request on the same connection. */
  endKeepAlive(): void {
    for (const { response } of this.#open) response.shouldKeepAlive = false;
  }

  hasOne(socket: object): boolean {
    return this.#bySocket.has(socket);
  }

  /**
   * What came after the head of a request was not its body. The request is refused, unless its
   * answer has begun, and the connection ends. False when no request is under way there.
   */
  breakOff(socket: object, code: GatewayFailureCode): boolean {
    const exchange = this.#bySocket.get(socket);
    if (exchange === undefined) return false;
    const { response } = exchange;
    response.once('finish', () => exchange.request.socket.destroy());
    if (response.headersSent) return true;
    const failure = { code, reason: 'malformed_body' };
    if (exchange.cancel === null) refuse(exchange, failure);
    else exchange.cancel(failure);
    return true;
  }
}
