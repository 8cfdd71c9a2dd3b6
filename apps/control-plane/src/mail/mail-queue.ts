import type { MailJob } from './mail.ts';

/** Holds jobs until `run` has done them. Two implementations: Redis, and this process's memory. */
export interface MailQueue {
  /** Rejects when the job could not be taken; never waits for the mail itself. */
  add(job: MailJob): Promise<void>;
  /** Lets running jobs finish. */
  stop(): Promise<void>;
}

export type RunMailJob = (job: MailJob) => Promise<void>;

export interface RetryPlan {
  /** Attempts in all, the first included. */
  readonly attempts: number;
  /** Before the second attempt; doubled before each further one. */
  readonly backoffMs: number;
}

export const DEFAULT_RETRIES: RetryPlan = { attempts: 6, backoffMs: 1_000 };
/** Jobs done at the same time. */
export const MAIL_CONCURRENCY = 4;
