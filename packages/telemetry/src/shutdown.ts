import { setTimeout as delay } from 'node:timers/promises';

export interface ShutdownStep {
  readonly name: string;
  readonly stop: () => Promise<unknown> | unknown;
}

export interface ShutdownFailure {
  readonly step: string;
  readonly reason: 'failed' | 'timed_out' | 'not_reached';
  readonly error?: unknown;
}

/**
 * Stops things one after the other: first what lets work in, last what work needs. A step that fails
 * does not keep the next from running. Never rejects: says what did not stop, empty when all did.
 */
export async function shutdownInOrder(
  steps: readonly ShutdownStep[],
  options: { readonly timeoutMs: number },
): Promise<readonly ShutdownFailure[]> {
  const failures: ShutdownFailure[] = [];
  const timer = new AbortController();
  const deadline = delay(options.timeoutMs, 'late' as const, { signal: timer.signal });
  deadline.catch(() => undefined);
  let isLate = false;
  for (const step of steps) {
    const failure: ShutdownFailure | undefined = isLate
      ? { step: step.name, reason: 'not_reached' }
      : await stopWithin(step, deadline);
    if (failure === undefined) continue;
    failures.push(failure);
    if (failure.reason === 'timed_out') isLate = true;
  }
  timer.abort();
  return failures;
}

async function stopWithin(
  step: ShutdownStep,
  deadline: Promise<'late'>,
): Promise<ShutdownFailure | undefined> {
  try {
    const stopped = Promise.resolve(step.stop()).then(() => 'stopped' as const);
    // Should it fail after the deadline, nobody is listening any more.
    stopped.catch(() => undefined);
    const outcome = await Promise.race([stopped, deadline]);
    return outcome === 'late' ? { step: step.name, reason: 'timed_out' } : undefined;
  } catch (error) {
    return { step: step.name, reason: 'failed', error };
  }
}

/** The part of `process` that termination needs. */
export interface TerminableProcess {
  on(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  off(signal: 'SIGTERM' | 'SIGINT', listener: () => void): unknown;
  exit(code: number): void;
}

export interface TerminationOptions {
  /** How long `stop` may take before the process ends regardless. */
  readonly timeoutMs?: number;
  readonly onError?: (error: unknown) => void;
  readonly process?: TerminableProcess;
}

const FORCED_EXIT_CODE = 130;
const ECHO_WITHIN_MS = 300;

/**
 * On SIGTERM or SIGINT: `stop()`, then exit 0; exit 1 when it failed or took longer than `timeoutMs`
 * (default 30 s). A second signal ends the process at once, unless it comes with the first: npm passes
 * on a Ctrl-C that the terminal has already sent to everybody. Returns what undoes it.
 */
export function onTermination(
  stop: () => Promise<unknown>,
  options: TerminationOptions = {},
): () => void {
  const target: TerminableProcess = options.process ?? process;
  const timeoutMs = options.timeoutMs ?? 30_000;
  let stoppingSince: number | undefined;
  const onSignal = (): void => {
    if (stoppingSince !== undefined) {
      const isEcho = performance.now() - stoppingSince < ECHO_WITHIN_MS;
      return isEcho ? undefined : target.exit(FORCED_EXIT_CODE);
    }
    stoppingSince = performance.now();
    void stopAndReport(stop, timeoutMs, options.onError).then((code) => target.exit(code));
  };
  target.on('SIGTERM', onSignal);
  target.on('SIGINT', onSignal);
  return () => {
    target.off('SIGTERM', onSignal);
    target.off('SIGINT', onSignal);
  };
}

async function stopAndReport(
  stop: () => Promise<unknown>,
  timeoutMs: number,
  onError: ((error: unknown) => void) | undefined,
): Promise<number> {
  const [failure] = await shutdownInOrder([{ name: 'stop', stop }], { timeoutMs });
  if (failure === undefined) return 0;
  onError?.(failure.error ?? new Error(`Stopping took longer than ${timeoutMs} ms`));
  return 1;
}
