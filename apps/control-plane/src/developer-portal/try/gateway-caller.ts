import { performance } from 'node:perf_hooks';
import type { Method } from '@portico/contracts';
import { Agent, type Dispatcher } from 'undici';
import type { HeaderLine } from '../../auth-headers/auth-headers.ts';
import { ApiError } from '../../http/api-error.ts';

export const BODY_BYTES_MAX = 1_048_576;
const TIMEOUT_MS = 30_000;
const CONNECT_TIMEOUT_MS = 5_000;

export interface GatewayCall {
  readonly method: Method;
  /** Path and query. */
  readonly target: string;
  readonly headers: readonly HeaderLine[];
  readonly body: string | undefined;
}

export interface GatewayAnswer {
  readonly status: number;
  readonly latencyMs: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
  readonly truncated: boolean;
}

/**
 * Calls the gateway and nothing else: the origin is fixed when this is made, a target cannot name
 * another one, and redirects are answers like any other.
 */
export class GatewayCaller {
  readonly #origin: string;
  readonly #prefix: string;
  readonly #timeoutMs: number;
  readonly #agent: Agent;

  constructor(gateway: URL, timeoutMs: number = TIMEOUT_MS) {
    this.#origin = gateway.origin;
    this.#prefix = gateway.pathname.replace(/\/+$/, '');
    this.#timeoutMs = timeoutMs;
    this.#agent = new Agent({
      connect: { timeout: CONNECT_TIMEOUT_MS },
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: 4_000,
    });
  }

  async send(call: GatewayCall): Promise<GatewayAnswer> {
    const startedMs = performance.now();
    const signal = AbortSignal.timeout(this.#timeoutMs);
    const response = await this.#request(call, signal);
    const { body, truncated } = await readBounded(response.body);
    return {
      status: response.statusCode,
      latencyMs: Math.round((performance.now() - startedMs) * 10) / 10,
      // With `responseHeaders: raw` names and values take turns, as they arrived.
      headers: toPairs(response.headers as unknown as readonly (string | Buffer)[]),
      body,
      truncated,
    };
  }

  close(): Promise<void> {
    return this.#agent.destroy();
  }

  async #request(call: GatewayCall, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    try {
      return await this.#agent.request({
        origin: this.#origin,
        path: `${this.#prefix}${call.target}`,
        method: call.method,
        headers: call.headers.flatMap(({ name, value }) => [name, value]),
        body: call.body ?? null,
        responseHeaders: 'raw',
        signal,
      });
    } catch (cause) {
      const message = signal.aborted
        ? `The gateway did not answer within ${this.#timeoutMs / 1_000} seconds.`
        : undefined;
      throw new ApiError('gateway_unreachable', { cause, ...(message ? { message } : {}) });
    }
  }
}

/** As much as fits; what breaks off, or takes too long, is shown as far as it came. */
async function readBounded(
  stream: AsyncIterable<Buffer>,
): Promise<{ body: Buffer; truncated: boolean }> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  let truncated = false;
  try {
    for await (const chunk of stream) {
      chunks.push(chunk);
      bytes += chunk.length;
      truncated = bytes > BODY_BYTES_MAX;
      if (truncated) break;
    }
  } catch {
    truncated = true;
  }
  return { body: Buffer.concat(chunks).subarray(0, BODY_BYTES_MAX), truncated };
}

function toPairs(raw: readonly (string | Buffer)[]): (readonly [string, string])[] {
  const text = raw.map((part) => (typeof part === 'string' ? part : part.toString('latin1')));
  return text.flatMap((name, index) =>
    index % 2 === 0 ? [[name, text[index + 1] ?? ''] as const] : [],
  );
}
