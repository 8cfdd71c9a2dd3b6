import { setTimeout as delay } from 'node:timers/promises';
import type {
  Msg,
  NatsConnection,
  Subscription as NatsSubscription,
} from '@nats-io/transport-node';
import type { Subscription } from '../ports.ts';
import type { FeedLogger, Signals } from '../transport.ts';
import type { NatsLink } from './nats-link.ts';

const FLUSH_TIMEOUT_MS = 1_000;

/** Core NATS. While the connection is away signals are dropped: late ones would mislead. */
export class NatsSignals implements Signals {
  readonly #link: NatsLink;
  readonly #logger: FeedLogger;

  constructor(link: NatsLink, logger: FeedLogger) {
    this.#link = link;
    this.#logger = logger;
  }

  publish(subject: string, text: string): void {
    if (!this.#link.isConnected()) return;
    try {
      this.#link.connected().publish(subject, text);
    } catch (err) {
      this.#logger.warn({ err, subject }, 'A signal was not sent');
    }
  }

  subscribe(subject: string, onText: (text: string) => void): Promise<Subscription> {
    return this.#onMessage(subject, (message) => onText(message.string()));
  }

  async answer(
    subject: string,
    answer: (question: string) => Promise<string | undefined>,
  ): Promise<Subscription> {
    const running = new Set<Promise<void>>();
    const respond = async (message: Msg): Promise<void> => {
      try {
        // Nothing known is an answer too: it lets the asker stop waiting.
        message.respond((await answer(message.string())) ?? '');
      } catch (err) {
        this.#logger.warn({ err, subject }, 'A question was not answered');
      }
    };
    const subscription = await this.#onMessage(subject, (message) => {
      const run = respond(message).finally(() => running.delete(run));
      running.add(run);
    });
    return {
      stop: async () => {
        await subscription.stop();
        await Promise.all(running);
      },
    };
  }

  async ask(subject: string, question: string, timeoutMs: number): Promise<readonly string[]> {
    const answers: string[] = [];
    try {
      const messages = await this.#link.connected().requestMany(subject, question, {
        strategy: 'stall',
        stall: Math.max(20, Math.ceil(timeoutMs / 4)),
        maxWait: timeoutMs,
      });
      for await (const message of messages) {
        if (message.data.length > 0) answers.push(message.string());
      }
    } catch {
      // Nobody there, or no NATS: what was heard until then is the answer.
    }
    return answers;
  }

  /** Survives every reconnect. Resolves once the server knows, or, while it is away, at once. */
  async #onMessage(subject: string, onMessage: (message: Msg) => void): Promise<Subscription> {
    let current: NatsSubscription | undefined;
    const release = this.#link.use((connection) => {
      current = connection.subscribe(subject, {
        callback: (err, message) => {
          if (err === null) onMessage(message);
          else this.#logger.error({ err, subject }, 'A subscription was refused');
        },
      });
    });
    if (this.#link.isConnected()) await flushed(this.#link.connected());
    return {
      stop: () => {
        release();
        current?.unsubscribe();
        current = undefined;
        return Promise.resolve();
      },
    };
  }
}

async function flushed(connection: NatsConnection): Promise<void> {
  const timer = new AbortController();
  const late = delay(FLUSH_TIMEOUT_MS, undefined, { signal: timer.signal, ref: false });
  await Promise.race([connection.flush(), late]).catch(() => undefined);
  timer.abort();
  late.catch(() => undefined);
}
