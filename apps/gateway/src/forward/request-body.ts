import { Readable } from 'node:stream';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { GatewayFailureCode } from '@portico/contracts';

/** What a caller's body did that ends the call. */
export class BodyFlaw extends Error {
  readonly code: GatewayFailureCode;
  readonly reason: string;

  constructor(code: GatewayFailureCode, reason: string) {
    super(reason);
    this.code = code;
    this.reason = reason;
  }
}

export interface BodySource {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly bytesMax: number;
  readonly idleMs: number;
  readonly onChunk: (chunk: Buffer) => void;
  readonly onFlaw: (flaw: BodyFlaw) => void;
}

/**
 * The caller's body as the upstream client reads it. A stream of its own, because undici destroys
 * the body it was given when an answer comes early, and destroying the request itself would cut the
 * caller's connection before it could read that answer.
 */
export class RequestBody extends Readable {
  readonly #source: BodySource;
  #idle: NodeJS.Timeout | undefined;
  #isStarted = false;
  #seen = 0;

  constructor(source: BodySource) {
    super({ highWaterMark: 64 * 1024 });
    this.#source = source;
  }

  /** True once a byte was asked for: from then on the call cannot be sent a second time. */
  get isStarted(): boolean {
    return this.#isStarted;
  }

  override _read(): void {
    const { request } = this.#source;
    this.#expectMore();
    if (this.#isStarted) {
      request.resume();
      return;
    }
    this.#isStarted = true;
    askToContinue(this.#source);
    request.on('data', this.#onData).on('end', this.#onEnd).on('close', this.#onClose);
  }

  /** The caller's clock runs only while we are ready to take more: a busy upstream is not its fault. */
  #expectMore(): void {
    clearTimeout(this.#idle);
    this.#idle = setTimeout(
      () => this.#fail(new BodyFlaw('request_timeout', 'caller_stalled')),
      this.#source.idleMs,
    );
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    clearTimeout(this.#idle);
    const { request } = this.#source;
    request.off('data', this.#onData).off('end', this.#onEnd).off('close', this.#onClose);
    if (this.#isStarted) request.pause();
    done(error);
  }

  readonly #onData = (chunk: Buffer): void => {
    this.#seen += chunk.length;
    if (this.#seen > this.#source.bytesMax) {
      this.#fail(new BodyFlaw('payload_too_large', 'body_too_large'));
      return;
    }
    this.#source.onChunk(chunk);
    if (this.push(chunk)) {
      this.#idle?.refresh();
      return;
    }
    clearTimeout(this.#idle);
    this.#source.request.pause();
  };

  readonly #onEnd = (): void => {
    clearTimeout(this.#idle);
    this.push(null);
  };

  readonly #onClose = (): void => {
    if (!this.#source.request.complete) {
      this.#fail(new BodyFlaw('client_aborted', 'caller_closed_mid_body'));
    }
  };

  #fail(flaw: BodyFlaw): void {
    this.#source.onFlaw(flaw);
    this.destroy();
  }
}

/** `Expect: 100-continue` is answered only now: a refused call never makes its caller send a body. */
export function askToContinue({
  request,
  response,
}: Pick<BodySource, 'request' | 'response'>): void {
  const expects = request.headers.expect?.toLowerCase() === '100-continue';
  if (expects && request.httpVersion !== '1.0' && !response.headersSent) response.writeContinue();
}

/** Holds a whole body, bounded, where it must be checked before it may go on. */
export function collectBody(source: Omit<BodySource, 'onFlaw'>): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const body = new RequestBody({ ...source, onFlaw: reject });
    body.on('data', (chunk: Buffer) => chunks.push(chunk));
    body.on('end', () => resolve(Buffer.concat(chunks)));
    body.on('error', reject);
  });
}
