import type { DeliveredBatch } from '../ports.ts';

/** How a transport carries out what a handler says. */
export interface Verdicts {
  ack(): void;
  retry(delayMs: number): void;
  park(reason: string): Promise<void>;
}

export type BatchHandler = (batch: DeliveredBatch) => Promise<void>;

const RETRY_AFTER_FAILURE_MS = 1_000;

/**
 * Runs the handler on one batch and makes sure of exactly one verdict: a second one is ignored, and
 * a handler that throws or forgets to say leads to another delivery. Never rejects; hands back what
 * the handler threw.
 */
export async function deliver(
  handler: BatchHandler,
  batch: Pick<DeliveredBatch, 'batchId' | 'payload' | 'attempt'>,
  verdicts: Verdicts,
): Promise<unknown> {
  let isSettled = false;
  const settle = <T>(carryOut: () => T, otherwise: T): T => {
    if (isSettled) return otherwise;
    isSettled = true;
    return carryOut();
  };
  let problem: unknown;
  try {
    await handler({
      ...batch,
      ack: () => settle(() => verdicts.ack(), undefined),
      retry: (delayMs) => settle(() => verdicts.retry(delayMs), undefined),
      park: (reason) => settle(() => verdicts.park(reason), Promise.resolve()),
    });
  } catch (error) {
    problem = error;
  }
  settle(() => verdicts.retry(RETRY_AFTER_FAILURE_MS), undefined);
  return problem;
}
