import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Account } from './account.ts';

/** Nothing of our environment: it holds secrets, and PG* variables would steer the server. */
const ENVIRONMENT = { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' };

export interface OneShot {
  /** Shell text; `"$@"` is the command. */
  readonly script: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly account: Account;
  readonly input: string;
  readonly log: (line: string) => void;
}

export async function runToEnd(shot: OneShot): Promise<void> {
  const child = spawn('/bin/sh', ['-c', shot.script, 'sh', ...shot.args], {
    ...shot.account.ids,
    cwd: shot.cwd,
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  const said = followLines(child, shot.log);
  child.stdin.on('error', () => undefined);
  child.stdin.end(shot.input);
  const code = await exitOf(child);
  if (code !== 0) {
    throw new Error(`${shot.args[0]} failed with code ${code}:\n${said.join('\n')}`);
  }
}

/**
 * The server in the background, and a reader of our pipe beside it. The pipe closes when this
 * process ends, by whatever means (kill -9 included), and the reader then stops the server.
 */
const WATCHDOG = `
exec 3<&0
"$@" 3<&- </dev/null &
server=$!
echo "portico-pid $server"
( while read -r line <&3; do :; done; kill -INT "$server" ) 2>/dev/null >/dev/null &
watcher=$!
exec 3<&-
wait "$server"
code=$?
kill "$watcher" 2>/dev/null
exit "$code"
`;

export interface SupervisedOptions {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly account: Account;
  readonly log: (line: string) => void;
  /** Text of the output line that says the server is up. */
  readonly readyLine: string;
  readonly timeoutMs: number;
}

export interface Supervised {
  readonly pid: number;
  /** The exit code, once it has ended. */
  readonly exited: Promise<number>;
  stop(): Promise<void>;
}

/** Rejects, with what the server said, when it ends or stays silent instead of getting ready. */
export async function startSupervised(options: SupervisedOptions): Promise<Supervised> {
  const child = spawn('/bin/sh', ['-c', WATCHDOG, 'sh', options.command, ...options.args], {
    ...options.account.ids,
    cwd: options.cwd,
    env: ENVIRONMENT,
    stdio: ['pipe', 'pipe', 'pipe'],
    // Its own process group: Ctrl-C must reach us first, so that we stop before our database does.
    detached: true,
  });
  child.stdin.on('error', () => undefined);
  const exited = exitOf(child);
  const pid = await untilReady(child, exited, options);
  let stopping: Promise<unknown> | undefined;
  const stop = async (): Promise<void> => {
    child.stdin.end();
    stopping ??= exited;
    await stopping;
  };
  return { pid, exited, stop };
}

async function untilReady(
  child: ChildProcess,
  exited: Promise<number>,
  options: SupervisedOptions,
): Promise<number> {
  let pid = 0;
  let timer: NodeJS.Timeout | undefined;
  const isReady = Promise.withResolvers<void>();
  const said = followLines(child, (line) => {
    const announced = /^portico-pid (\d+)$/.exec(line);
    if (announced) pid = Number(announced[1]);
    else options.log(line);
    if (line.includes(options.readyLine)) isReady.resolve();
  });
  const late = new Promise<never>((_, fail) => {
    timer = setTimeout(() => fail(new Error('it did not get ready in time')), options.timeoutMs);
  });
  const ended = exited.then((code) => {
    throw new Error(`it ended with code ${code}:\n${said.join('\n')}`);
  });
  try {
    await Promise.race([isReady.promise, late, ended]);
    return pid;
  } catch (cause) {
    child.stdin?.end();
    await exited;
    throw cause;
  } finally {
    clearTimeout(timer);
    // It will end one day, long after this race; nobody listens then.
    ended.catch(() => undefined);
  }
}

/** Returns the list that the output grows into. */
function followLines(child: ChildProcess, onLine: (line: string) => void): string[] {
  const said: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    if (!stream) continue;
    createInterface({ input: stream }).on('line', (line) => {
      if (said.length < 200) said.push(line);
      onLine(line);
    });
  }
  return said;
}

/** On `close`, not `exit`: only then has everything it said been read. */
const exitOf = (child: ChildProcess): Promise<number> =>
  new Promise((ended, failed) => {
    child.once('error', failed);
    child.once('close', (code, signal) => ended(code ?? (signal ? 128 : 1)));
  });
