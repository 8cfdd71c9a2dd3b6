import type { LogEntry } from '../api/types.ts';

export type StepId = 'signed-in' | 'headers-copied' | 'tried' | 'called';

export interface Step {
  readonly id: StepId;
  readonly isDone: boolean;
}

/**
 * How far the way to a first call has been walked. A step once done stays done (`remembered`), also
 * when its evidence has scrolled out of the recent calls.
 */
export function firstCallSteps(
  recentCalls: readonly Pick<LogEntry, 'source' | 'outcome' | 'status'>[],
  remembered: readonly StepId[],
): readonly Step[] {
  const succeeded = (source: LogEntry['source']): boolean =>
    recentCalls.some(
      (call) => call.source === source && call.outcome === 'forwarded' && call.status < 400,
    );
  const done = new Set<StepId>(['signed-in', ...remembered]);
  if (succeeded('portal')) done.add('tried');
  // Whoever called from their own system must have had the headers.
  if (succeeded('gateway')) done.add('called').add('headers-copied');
  return (['signed-in', 'headers-copied', 'tried', 'called'] as const).map((id) => ({
    id,
    isDone: done.has(id),
  }));
}

/** Steps are optional shortcuts to the last: a call from the partner's own system. */
export const isLive = (steps: readonly Step[]): boolean =>
  steps.some(({ id, isDone }) => id === 'called' && isDone);
