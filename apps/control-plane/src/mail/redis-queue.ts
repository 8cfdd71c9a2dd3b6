import type { Logger } from '@portico/telemetry';
import { Queue, Worker } from 'bullmq';
import { Redis } from 'ioredis';
import type { MailJob } from './mail.ts';
import { within } from './within.ts';
import {
  DEFAULT_RETRIES,
  MAIL_CONCURRENCY,
  type MailQueue,
  type RetryPlan,
  type RunMailJob,
} from './mail-queue.ts';

const QUEUE_NAME = 'portico-mail';
/** Failed jobs are kept this long for whoever looks into it, and no more than so many. */
const FAILED_KEPT = { age: 24 * 3_600, count: 1_000 };
/** A Redis that does not answer by then counts as away. */
const ADD_TIMEOUT_MS = 2_000;

/** The queue on Redis: any replica may take the job, and a restart loses none. */
export class RedisMailQueue implements MailQueue {
  readonly #logger: Logger;
  readonly #producer: Redis;
  readonly #consumer: Redis;
  readonly #queue: Queue<MailJob>;
  readonly #worker: Worker<MailJob>;
  readonly #firstReady: Promise<unknown>;

  constructor(
    redisUrl: string,
    run: RunMailJob,
    {
      logger,
      retries = DEFAULT_RETRIES,
    }: { readonly logger: Logger; readonly retries?: RetryPlan },
  ) {
    this.#logger = logger;
    // The producer must fail at once when Redis is away; the worker must wait for it for ever.
    this.#producer = connect(redisUrl, { maxRetriesPerRequest: 1, enableOfflineQueue: false });
    this.#consumer = connect(redisUrl, { maxRetriesPerRequest: null });
    this.#firstReady = new Promise((resolve) => this.#producer.once('ready', resolve));
    for (const connection of [this.#producer, this.#consumer]) {
      connection.on('error', (error) => logger.warn({ err: error }, 'mail queue: Redis'));
    }
    this.#queue = new Queue<MailJob>(QUEUE_NAME, {
      connection: this.#producer,
      defaultJobOptions: {
        attempts: retries.attempts,
        backoff: { type: 'exponential', delay: retries.backoffMs },
        removeOnComplete: true,
        removeOnFail: FAILED_KEPT,
        stackTraceLimit: 1,
      },
    });
    this.#worker = new Worker<MailJob>(QUEUE_NAME, (job) => run(job.data), {
      connection: this.#consumer,
      concurrency: MAIL_CONCURRENCY,
    });
    this.#listen(retries);
  }

  async add(job: MailJob): Promise<void> {
    // A mail of the first moments waits for the first connection; later an outage shows at once.
    await within(ADD_TIMEOUT_MS, this.#firstReady, 'mail queue: Redis is away');
    if (this.#producer.status !== 'ready') throw new Error('mail queue: Redis is away');
    await within(ADD_TIMEOUT_MS, this.#queue.add(job.kind, job), 'mail queue: Redis is silent');
  }

  async stop(): Promise<void> {
    // A worker that is waiting for a dead Redis would never close by itself.
    await this.#worker.close(this.#consumer.status !== 'ready');
    await this.#queue.close();
    this.#producer.disconnect();
    this.#consumer.disconnect();
  }

  #listen(retries: RetryPlan): void {
    this.#queue.on('error', (error) => this.#logger.warn({ err: error }, 'mail queue'));
    this.#worker.on('error', (error) => this.#logger.warn({ err: error }, 'mail worker'));
    this.#worker.on('failed', (job, error) => {
      const attempts = job?.attemptsMade ?? 0;
      if (attempts < retries.attempts) return;
      this.#logger.error({ err: error, kind: job?.data.kind, attempts }, 'a mail was given up');
    });
  }
}

const connect = (
  url: string,
  options: { maxRetriesPerRequest: number | null; enableOfflineQueue?: boolean },
): Redis =>
  new Redis(url, {
    ...options,
    connectionName: 'portico-mail',
    retryStrategy: (attempt) => Math.min(attempt * 200, 5_000),
  });
