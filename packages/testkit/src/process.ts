import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

/** To start, and to stop: ample for a busy machine, and less than a test may take. */
const READY_WITHIN_MS = 45_000;
const STOPPED_WITHIN_MS = 30_000;

/**
 * Becomes the command, after leaving a reader of our pipe behind. The pipe closes when the test
 * process ends, by whatever means, and the reader then kills the command: a test run that is
 * killed leaves no server running.
 */
const TIED_TO_US = `
exec 3<&0
( while read -r line <&3; do :; done; kill -9 $$ ) >/dev/null 2>&1 </dev/null &
exec "$@" 3<&- </dev/null
`;

export interface ProcessOptions {
  readonly command: string;
  readonly args?: readonly string[];
  /** Added to our own environment; `undefined` takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
  /** A line of its output, or a check that is repeated until it answers true. */
  readonly readyWhen: RegExp | (() => Promise<boolean>);
  readonly withinMs?: number;
}

export interface Running {
  readonly pid: number;
  /** The match of `readyWhen`, when that is a pattern. */
  readonly ready: RegExpExecArray | undefined;
  /** Everything said so far, both streams. */
  output(): string;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exited: Promise<number | NodeJS.Signals>;
  /** SIGTERM and wait; thaws it first; SIGKILL after `withinMs` (default 30 s). */
  stop(withinMs?: number): Promise<number | NodeJS.Signals>;
  /** SIGKILL and wait. */
  kill(): Promise<void>;
  /** SIGSTOP: there, but answers nothing. */
  freeze(): void;
  /** SIGCONT. */
  thaw(): void;
}

/** Starts a real process and resolves once it is ready; rejects with its output when it is not. */
export async function runProcess(options: ProcessOptions): Promise<Running> {
  const child = spawn(
    '/bin/sh',
    ['-c', TIED_TO_US, 'sh', options.command, ...(options.args ?? [])],
    {
      cwd: options.cwd,
      env: { ...process.env, ...options.env },
      stdio: ['pipe', 'pipe', 'pipe'],
    },
  );
  child.stdin.on('error', () => undefined);
  const lines: string[] = [];
  const output = (): string => lines.join('\n');
  const exited = exitOf(child);
  const ready = await untilReady(child, { options, lines, exited });
  const kill = async (): Promise<void> => {
    child.kill('SIGKILL');
    await exited;
  };
  const stop = async (withinMs = STOPPED_WITHIN_MS): Promise<number | NodeJS.Signals> => {
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    const lastResort = setTimeout(() => child.kill('SIGKILL'), withinMs);
    return exited.finally(() => clearTimeout(lastResort));
  };
  return {
    pid: child.pid ?? 0,
    ready,
    output,
    exited,
    stop,
    kill,
    freeze: () => void child.kill('SIGSTOP'),
    thaw: () => void child.kill('SIGCONT'),
  };
}

interface Starting {
  readonly options: ProcessOptions;
  readonly lines: string[];
  readonly exited: Promise<number | NodeJS.Signals>;
}

async function untilReady(
  child: ChildProcess,
  { options, lines, exited }: Starting,
): Promise<RegExpExecArray | undefined> {
  const { readyWhen, withinMs = READY_WITHIN_MS } = options;
  const isReady = Promise.withResolvers<RegExpExecArray | undefined>();
  let isOver = false;
  followLines(child, (line) => {
    lines.push(line);
    const match = readyWhen instanceof RegExp ? readyWhen.exec(line) : null;
    if (match) isReady.resolve(match);
  });
  const giveUp = setTimeout(() => isReady.reject(new Error('not ready in time')), withinMs);
  void exited.then((code) => isReady.reject(new Error(`ended with ${code}`)));
  if (typeof readyWhen === 'function') {
    void pollUntil(readyWhen, () => isOver).then(() => isReady.resolve(undefined));
  }
  try {
    return await isReady.promise;
  } catch (cause) {
    child.kill('SIGKILL');
    throw new Error(`${options.command} did not start:\n${lines.join('\n')}`, { cause });
  } finally {
    isOver = true;
    clearTimeout(giveUp);
  }
}

async function pollUntil(check: () => Promise<boolean>, isOver: () => boolean): Promise<void> {
  while (!isOver()) {
    if (await check().catch(() => false)) return;
    await new Promise((again) => setTimeout(again, 20));
  }
}

function followLines(child: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [child.stdout, child.stderr]) {
    if (stream) createInterface({ input: stream }).on('line', onLine);
  }
}

const exitOf = (child: ChildProcess): Promise<number | NodeJS.Signals> =>
  new Promise((ended) => {
    child.once('error', () => ended(127));
    child.once('exit', (code, signal) => {
      child.stdin?.destroy();
      ended(code ?? signal ?? 0);
    });
  });
