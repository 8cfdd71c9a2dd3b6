import type { DataSource } from 'typeorm';
import type { DeliveryStatus } from '../deliveries/delivery.entity.ts';
import type { Claimed } from './claim.ts';
import { retryDelayMs } from './retry-schedule.ts';
import type { Attempt } from './webhook-sender.ts';

export interface Outcome {
  readonly status: DeliveryStatus;
  readonly response_status: number | null;
  readonly response_body: string | null;
  readonly latency_ms: number | null;
  readonly error: string | null;
  readonly next_attempt_at: Date | null;
}

type Finished = Exclude<Attempt, { kind: 'interrupted' }>;

/** What an attempt makes of its delivery. */
export function outcomeOf(
  attempt: Finished,
  { attempts, attempts_max }: Pick<Claimed, 'attempts' | 'attempts_max'>,
  { now, random }: { readonly now: Date; readonly random: number },
): Outcome {
  const said = {
    response_status: attempt.kind === 'answered' ? attempt.status : null,
    response_body: attempt.kind === 'answered' ? attempt.body : null,
    latency_ms: attempt.latencyMs,
  };
  const error = errorOf(attempt);
  if (error === null) return { ...said, status: 'delivered', error, next_attempt_at: null };
  if (isFinal(attempt) || attempts >= attempts_max) {
    return { ...said, status: 'failed', error, next_attempt_at: null };
  }
  const next_attempt_at = new Date(now.getTime() + retryDelayMs(attempts, random));
  return { ...said, status: 'pending', error, next_attempt_at };
}

function errorOf(attempt: Finished): string | null {
  if (attempt.kind === 'unanswered') return attempt.error;
  const { status } = attempt;
  if (status >= 200 && status < 300) return null;
  const isRedirect = status >= 300 && status < 400;
  return `answered ${status}${isRedirect ? '; redirects are not followed' : ''}`;
}

/** 410 is how a receiver says "never again" (Standard Webhooks). */
const isFinal = (attempt: Finished): boolean =>
  attempt.kind === 'unanswered' ? attempt.isRefused : attempt.status === 410;

/** Has no effect when the claim ran out and somebody else has the delivery now. */
export async function storeOutcome(
  dataSource: DataSource,
  { id, attempts }: Pick<Claimed, 'id' | 'attempts'>,
  outcome: Outcome,
): Promise<void> {
  await dataSource.query(
    `update webhook_deliveries
     set status = $3, response_status = $4, response_body = $5, latency_ms = $6, error = $7,
         next_attempt_at = $8, locked_until = null
     where id = $1 and attempts = $2 and locked_until is not null`,
    [
      id,
      attempts,
      outcome.status,
      outcome.response_status,
      outcome.response_body,
      outcome.latency_ms,
      outcome.error,
      outcome.next_attempt_at,
    ],
  );
}

/** Hands a claim back as if it had never been made. */
export async function release(
  dataSource: DataSource,
  { id, attempts }: Pick<Claimed, 'id' | 'attempts'>,
): Promise<void> {
  await dataSource.query(
    `update webhook_deliveries set attempts = attempts - 1, locked_until = null
     where id = $1 and attempts = $2 and locked_until is not null`,
    [id, attempts],
  );
}

const PRUNED_AT_ONCE = 10_000;

/** Finished deliveries of before `until`, in portions so that no lock is held for long. */
export async function pruneFinished(dataSource: DataSource, until: Date): Promise<void> {
  let pruned: number;
  do {
    [, pruned] = (await dataSource.query(
      `delete from webhook_deliveries where id in (
         select id from webhook_deliveries where created_at < $1 and status <> 'pending' limit $2)`,
      [until, PRUNED_AT_ONCE],
    )) as [unknown, number];
  } while (pruned === PRUNED_AT_ONCE);
}
