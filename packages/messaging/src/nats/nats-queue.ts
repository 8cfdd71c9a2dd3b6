import { setTimeout as delay } from 'node:timers/promises';
import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import type { ParkedBatch, Subscription } from '../ports.ts';
import { deliver, type BatchHandler } from '../records/delivery.ts';
import type { FeedLogger, WorkQueue } from '../transport.ts';
import type { NatsDeadLetters } from './nats-dead-letters.ts';
import type { NatsLink } from './nats-link.ts';
import {
  ACK_WAIT_MS,
  clientOf,
  ensureConsumer,
  ensureStream,
  managerOf,
  workQueueStream,
} from './nats-streams.ts';

export interface NatsQueueOptions {
  readonly name: ParkedBatch['from'];
  readonly link: NatsLink;
  readonly logger: FeedLogger;
  readonly deadLetters: NatsDeadLetters;
  readonly stream: ReturnType<typeof workQueueStream>;
  readonly consumer: string;
  readonly subjectOf: (node: string) => string;
}

const PUBLISH_TIMEOUT_MS = 2_000;
/**
 * A stream that another process is just making is there before it listens, so nobody may answer for a
 * moment. Sending again is harmless: the batch id is the same.
 */
const PUBLISH_ATTEMPTS = 3;
/** Short, because a pull request that got lost on its way stalls the queue for this long. */
const PULL_EXPIRES_MS = 2_000;
const RETRY_MS = 500;

/** A work-queue stream: acknowledged publishes in, explicitly acknowledged batches out. */
export class NatsQueue implements WorkQueue {
  readonly #options: NatsQueueOptions;
  readonly #consumers = new Set<QueueConsumer>();
  #isMade: Promise<void> | undefined;

  constructor(options: NatsQueueOptions) {
    this.#options = options;
    options.link.watch(() => (this.#isMade = undefined));
  }

  async publish(node: string, batchId: string, payload: Uint8Array): Promise<void> {
    const connection = this.#options.link.connected();
    await this.#ensure();
    try {
      await clientOf(connection).publish(this.#options.subjectOf(node), payload, {
        msgID: batchId,
        timeout: PUBLISH_TIMEOUT_MS,
        retries: PUBLISH_ATTEMPTS,
        // Refused by another stream that happens to cover the subject, rather than lost in it.
        expect: { streamName: this.#options.stream.name },
      });
    } catch (cause) {
      // The stream may have been deleted: the sender's next attempt looks for it again.
      this.#isMade = undefined;
      throw new Error(`The batch was not stored in ${this.#options.stream.name}`, { cause });
    }
  }

  consume(handler: BatchHandler, options: { maxInFlight: number }): Promise<Subscription> {
    const open = async (): Promise<Consumer> => {
      const connection = this.#options.link.connected();
      await this.#make();
      const { stream, consumer } = this.#options;
      await ensureConsumer(await managerOf(connection), stream.name, consumer);
      return clientOf(connection).consumers.get(stream.name, consumer);
    };
    const consumer = new QueueConsumer({ ...this.#options, ...options, handler, open });
    this.#consumers.add(consumer);
    return Promise.resolve({
      stop: async () => {
        await consumer.stop();
        this.#consumers.delete(consumer);
      },
    });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#consumers].map((consumer) => consumer.stop()));
  }

  #ensure(): Promise<void> {
    this.#isMade ??= this.#make().catch((err: unknown) => {
      this.#isMade = undefined;
      throw err;
    });
    return this.#isMade;
  }

  async #make(): Promise<void> {
    await ensureStream(await managerOf(this.#options.link.connected()), this.#options.stream);
  }
}

interface QueueConsumerOptions extends NatsQueueOptions {
  readonly handler: BatchHandler;
  readonly maxInFlight: number;
  /** Makes stream and consumer where they are missing. */
  readonly open: () => Promise<Consumer>;
}

/** Pulls as many batches as there are free places, so that none waits here while its time runs. */
class QueueConsumer {
  readonly #options: QueueConsumerOptions;
  readonly #stopping = new AbortController();
  readonly #running = new Set<Promise<void>>();
  #messages: ConsumerMessages | undefined;

  constructor(options: QueueConsumerOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Waits for the handlers, not for a server that may not answer. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#messages?.stop();
    await Promise.all(this.#running);
  }

  async #run(): Promise<void> {
    const { link, logger, name } = this.#options;
    while ((await link.ready(this.#stopping.signal)) !== undefined) {
      try {
        await this.#pullFrom(await this.#options.open());
      } catch (err) {
        const isExpected = this.#stopping.signal.aborted || !link.isConnected();
        if (!isExpected) logger.warn({ err, queue: name }, 'Pulling failed, trying again');
        await delay(RETRY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      }
    }
  }

  async #pullFrom(consumer: Consumer): Promise<void> {
    while (!this.#stopping.signal.aborted) {
      const free = this.#options.maxInFlight - this.#running.size;
      if (free <= 0) {
        await Promise.race(this.#running);
        continue;
      }
      const messages = await consumer.fetch({ max_messages: free, expires: PULL_EXPIRES_MS });
      this.#messages = messages;
      if (this.#stopping.signal.aborted) messages.stop();
      for await (const message of messages) this.#start(message);
    }
  }

  #start(message: JsMsg): void {
    if (this.#stopping.signal.aborted) return message.nak();
    const run = this.#handle(message).finally(() => this.#running.delete(run));
    this.#running.add(run);
  }

  async #handle(message: JsMsg): Promise<void> {
    const { handler, name, deadLetters, logger } = this.#options;
    const batch = {
      batchId: message.headers?.get('Nats-Msg-Id') || `sequence-${message.seq}`,
      payload: message.data,
      attempt: message.info.deliveryCount,
    };
    // A store that is slow today must not make another process do the same work again.
    const keepAlive = setInterval(() => message.working(), ACK_WAIT_MS / 3);
    const err = await deliver(handler, batch, {
      ack: () => message.ack(),
      retry: (delayMs) => message.nak(delayMs),
      park: async (reason) => {
        // Parked first: should that fail, the batch is still in the queue and comes again.
        await deadLetters.add({ ...batch, from: name, reason });
        message.term();
      },
    });
    clearInterval(keepAlive);
    if (err !== undefined) logger.warn({ err, batchId: batch.batchId }, 'A batch was not handled');
  }
}
