import { Webhook } from 'standardwebhooks';
import { Agent, type Dispatcher } from 'undici';
import { publicLookup, refuseInnerHost, TargetRefusedError } from './target-guard.ts';

export interface OutgoingDelivery {
  readonly url: string;
  readonly secret: string;
  readonly eventId: string;
  readonly body: string;
  readonly at: Date;
}

/** What came of one attempt. */
export type Attempt =
  | {
      readonly kind: 'answered';
      readonly status: number;
      readonly body: string;
      readonly latencyMs: number;
    }
  /** `isRefused`: we did not even try, and trying again would not change that. */
  | {
      readonly kind: 'unanswered';
      readonly error: string;
      readonly isRefused: boolean;
      readonly latencyMs: number;
    }
  /** We are stopping; nobody knows whether it arrived. */
  | { readonly kind: 'interrupted' };

export interface SenderOptions {
  readonly isPrivateAllowed: boolean;
  readonly timeoutMs: number;
}

/** Of the answer's body, bytes: enough to see what went wrong. */
const BODY_BYTES_KEPT = 2_048;
const ERROR_CHARS_MAX = 500;

/** Signs and posts, once each: no redirects, no retries, bounded in time and in what it reads. */
export class WebhookSender {
  readonly #agent: Agent;
  readonly #stopping = new AbortController();

  constructor(private readonly options: SenderOptions) {
    const { isPrivateAllowed, timeoutMs } = options;
    this.#agent = new Agent({
      allowH2: false,
      keepAliveTimeout: 4_000,
      maxHeaderSize: 16_384,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      connect: { timeout: timeoutMs, ...(isPrivateAllowed ? {} : { lookup: publicLookup }) },
    });
  }

  async send(delivery: OutgoingDelivery): Promise<Attempt> {
    const startedAt = performance.now();
    const latencyMs = (): number => Math.round(performance.now() - startedAt);
    const timeout = AbortSignal.timeout(this.options.timeoutMs);
    const signal = AbortSignal.any([timeout, this.#stopping.signal]);
    try {
      const answer = await this.#post(delivery, signal);
      const body = await beginningOf(answer.body);
      return { kind: 'answered', status: answer.statusCode, body, latencyMs: latencyMs() };
    } catch (error) {
      if (this.#stopping.signal.aborted) return { kind: 'interrupted' };
      return {
        kind: 'unanswered',
        error: timeout.aborted ? `no answer within ${this.options.timeoutMs} ms` : wordsOf(error),
        isRefused: error instanceof TargetRefusedError,
        latencyMs: latencyMs(),
      };
    }
  }

  /** Cuts what is still under way. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#agent.destroy();
  }

  async #post(delivery: OutgoingDelivery, signal: AbortSignal): Promise<Dispatcher.ResponseData> {
    const url = new URL(delivery.url);
    if (!this.options.isPrivateAllowed) refuseInnerHost(url);
    const { eventId, at, body, secret } = delivery;
    return this.#agent.request({
      origin: url.origin,
      path: `${url.pathname}${url.search}`,
      method: 'POST',
      signal,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'Portico-Webhooks/1',
        'webhook-id': eventId,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1000)),
        'webhook-signature': new Webhook(secret).sign(eventId, at, body),
      },
      body,
    });
  }
}

/** The status has been given: whatever becomes of the body does not change what the receiver said. */
async function beginningOf(body: Dispatcher.ResponseData['body']): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of body) {
      chunks.push(chunk as Buffer);
      bytes += (chunk as Buffer).byteLength;
      if (bytes >= BODY_BYTES_KEPT) break;
    }
  } catch {
    // Cut off or too slow: what there is will do.
  }
  const text = Buffer.concat(chunks).subarray(0, BODY_BYTES_KEPT).toString('utf8');
  // PostgreSQL cannot store NUL.
  return text.replaceAll('\0', '');
}

function wordsOf(error: unknown): string {
  const inner = error instanceof AggregateError ? (error.errors[0] as unknown) : error;
  const { code, message } = inner as { code?: string; message?: string };
  return (message || code || 'could not connect').slice(0, ERROR_CHARS_MAX);
}
