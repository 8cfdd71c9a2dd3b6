import type { Socket } from 'node:net';
import type { GatewayFailureCode } from '@portico/contracts';
import type { Exchange } from './exchange.ts';
import { refuse } from './respond.ts';

/** What goes on at one connection. */
interface Place {
  exchange: Exchange | null;
}

/** The requests under way, by connection, and how many there were. */
export class InFlight {
  /**
   * One place per connection, filled and emptied by its requests. A map or set that every request
   * is added to and deleted from would be its undoing: each table that it outgrows keeps the next
   * one and the requests in it alive until a full collection, and all of them have to be moved.
   */
  readonly #placeBySocket = new WeakMap<object, Place>();
  readonly #places = new Set<Place>();
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
    const { socket } = exchange.request;
    const place = this.#placeBySocket.get(socket) ?? this.#newPlace(socket);
    place.exchange = exchange;
  }

  closed(exchange: Exchange): void {
    this.#count -= 1;
    const place = this.#placeBySocket.get(exchange.request.socket);
    if (place?.exchange === exchange) place.exchange = null;
  }

  /** Tells the callers of what is under way not to send another request on the same connection. */
  endKeepAlive(): void {
    for (const { exchange } of this.#places) {
      if (exchange !== null) exchange.response.shouldKeepAlive = false;
    }
  }

  hasOne(socket: object): boolean {
    return this.#at(socket) !== null;
  }

  /**
   * What came after the head of a request was not its body. The request is refused, unless its
   * answer has begun, and the connection ends. False when no request is under way there.
   */
  breakOff(socket: object, code: GatewayFailureCode): boolean {
    const exchange = this.#at(socket);
    if (exchange === null) return false;
    const { response } = exchange;
    response.once('finish', () => exchange.request.socket.destroy());
    if (response.headersSent) return true;
    const failure = { code, reason: 'malformed_body' };
    if (exchange.ongoing === null) refuse(exchange, failure);
    else exchange.ongoing.abandon(failure);
    return true;
  }

  #newPlace(socket: Socket): Place {
    const place: Place = { exchange: null };
    this.#placeBySocket.set(socket, place);
    this.#places.add(place);
    socket.once('close', () => this.#places.delete(place));
    return place;
  }

  #at(socket: object): Exchange | null {
    return this.#placeBySocket.get(socket)?.exchange ?? null;
  }
}
