import type { Logger } from '@portico/telemetry';
import type { MailJob } from './mail.ts';
import {
  DEFAULT_RETRIES,
  MAIL_CONCURRENCY,
  type MailQueue,
  type RetryPlan,
  type RunMailJob,
} from './mail-queue.ts';

/** Beyond this many, a mail is refused: it could only ever arrive too late. */
const WAITING_MAX = 1_000;

interface Attempt {
  readonly job: MailJob;
  readonly number: number;
}

/** The queue where there is no Redis. What is still waiting when the process ends is lost, and said so. */
export class InProcessMailQueue implements MailQueue {
  readonly #run: RunMailJob;
  readonly #logger: Logger;
  readonly #retries: RetryPlan;
  readonly #waiting: Attempt[] = [];
  readonly #running = new Set<Promise<void>>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isStopped = false;

  constructor(run: RunMailJob, logger: Logger, retries: RetryPlan = DEFAULT_RETRIES) {
    this.#run = run;
    this.#logger = logger;
    this.#retries = retries;
  }

  add(job: MailJob): Promise<void> {
    const depth = this.#waiting.length + this.#timers.size;
    if (this.#isStopped || depth >= WAITING_MAX) {
      return Promise.reject(new Error(this.#isStopped ? 'mail queue stopped' : 'mail queue full'));
    }
    this.#waiting.push({ job, number: 1 });
    // After the current turn, so that whoever asked has answered before any work is done for it.
    setImmediate(() => this.#startNext());
    return Promise.resolve();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    const lost = this.#waiting.length + this.#timers.size;
    if (lost > 0) this.#logger.warn({ lost }, 'mails were still waiting');
    this.#waiting.length = 0;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    await Promise.all(this.#running);
  }

  #startNext(): void {
    while (this.#running.size < MAIL_CONCURRENCY) {
      const attempt = this.#waiting.shift();
      if (attempt === undefined) return;
      const running = this.#try(attempt).finally(() => {
        this.#running.delete(running);
        this.#startNext();
      });
      this.#running.add(running);
    }
  }

  async #try(attempt: Attempt): Promise<void> {
    try {
      await this.#run(attempt.job);
    } catch (error) {
      this.#failed(attempt, error);
    }
  }

  #failed({ job, number }: Attempt, error: unknown): void {
    if (this.#isStopped || number >= this.#retries.attempts) {
      this.#logger.error({ err: error, kind: job.kind, attempts: number }, 'a mail was given up');
      return;
    }
    const delayMs = this.#retries.backoffMs * 2 ** (number - 1);
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      this.#waiting.push({ job, number: number + 1 });
      this.#startNext();
    }, delayMs);
    this.#timers.add(timer);
  }
}
