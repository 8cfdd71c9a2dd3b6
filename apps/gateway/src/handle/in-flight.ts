import type { GatewayFailureCode } from '@portico/contracts';
import type { Exchange } from './exchange.ts';
import { refuse } from './respond.ts';

/** The requests under way, by connection, and how many there were. */
export class InFlight {
  readonly #bySocket = new WeakMap<object, Exchange>();
  #count = 0;
  #total = 0;

  get count(): number {
    return this.#count;
  }

  /** Since the process started. */
  get total(): number {
    return this.#total;
  }

  opened(exchange: Exchange): void {
    this.#count += 1;
    this.#total += 1;
    this.#bySocket.set(exchange.request.socket, exchange);
  }

  closed(exchange: Exchange): void {
    this.#count -= 1;
    const { socket } = exchange.request;
    if (this.#bySocket.get(socket) === exchange) this.#bySocket.delete(socket);
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
