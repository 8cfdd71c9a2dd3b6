import type { Logger } from '@portico/telemetry';
import { DevMailbox } from './dev-mailbox.ts';
import { InProcessMailQueue } from './in-process-queue.ts';
import type { Compose, MailJob, MailTransport } from './mail.ts';
import type { MailQueue, RetryPlan } from './mail-queue.ts';
import { RedisMailQueue } from './redis-queue.ts';
import { ResendTransport } from './resend-transport.ts';
import { SmtpTransport } from './smtp-transport.ts';

export interface MailOptions {
  readonly redisUrl?: string | undefined;
  readonly resendApiKey?: string | undefined;
  readonly smtpUrl?: string | undefined;
  /** `Acme APIs <portal@acme.example>`. */
  readonly from: string;
  readonly retries?: RetryPlan | undefined;
  readonly logger: Logger;
}

/**
 * Takes mails and sees to it that they go out. Whoever posts one is never slowed down and never
 * fails because of it, whatever state the queue or the vendor is in.
 */
export class MailService {
  readonly transport: MailTransport;
  readonly #logger: Logger;
  readonly #queue: MailQueue;
  /** Takes over when Redis does not. */
  readonly #fallback: InProcessMailQueue;
  readonly #composeByKind = new Map<string, Compose<unknown>>();

  constructor(options: MailOptions) {
    this.#logger = options.logger;
    this.transport = chooseTransport(options);
    const { redisUrl, logger, retries } = options;
    const run = (job: MailJob) => this.#run(job);
    this.#fallback = new InProcessMailQueue(run, logger, retries);
    this.#queue =
      redisUrl === undefined
        ? this.#fallback
        : new RedisMailQueue(redisUrl, run, { logger, ...(retries ? { retries } : {}) });
  }

  /**
   * Says how mails of a kind are written; every replica has to, since any of them may take the job.
   * Answers the function that posts one. `data` must survive JSON and must hold no secret.
   */
  define<T>(kind: string, compose: Compose<T>): (data: T) => void {
    this.#composeByKind.set(kind, compose as Compose<unknown>);
    return (data) => void this.#post({ kind, data });
  }

  async stop(): Promise<void> {
    await this.#queue.stop();
    if (this.#queue !== this.#fallback) await this.#fallback.stop();
    this.transport.close();
  }

  async #post(job: MailJob): Promise<void> {
    try {
      await this.#queue.add(job);
    } catch (error) {
      if (this.#queue === this.#fallback) return this.#lost(job, error);
      this.#logger.warn({ err: error, kind: job.kind }, 'mail goes by way of this process alone');
      await this.#fallback.add(job).catch((reason: unknown) => this.#lost(job, reason));
    }
  }

  #lost(job: MailJob, error: unknown): void {
    this.#logger.error({ err: error, kind: job.kind }, 'a mail was not taken');
  }

  async #run({ kind, data }: MailJob): Promise<void> {
    const compose = this.#composeByKind.get(kind);
    if (compose === undefined) throw new Error(`no mail of kind ${kind} is defined here`);
    const composed = await compose(data);
    if (composed === null) return;
    try {
      await this.transport.send(composed.mail);
    } catch (error) {
      await composed
        .undo?.()
        .catch((reason: unknown) => this.#logger.warn({ err: reason }, 'undo'));
      throw new Error(`sending a mail by ${this.transport.name}`, { cause: error });
    }
  }
}

function chooseTransport({ resendApiKey, smtpUrl, from }: MailOptions): MailTransport {
  if (resendApiKey !== undefined) return new ResendTransport(resendApiKey, { from });
  if (smtpUrl !== undefined) return new SmtpTransport(smtpUrl, from);
  return new DevMailbox();
}
