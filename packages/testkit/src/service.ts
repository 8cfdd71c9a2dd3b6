import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from './eventually.ts';
import { freePort } from './free-port.ts';
import { runProcess, type Running } from './process.ts';

/** A real server of its own, on a free port of 127.0.0.1, with a directory that ends with it. */
export interface Service {
  readonly url: string;
  readonly port: number;
  /** Changes with `restart`. */
  readonly pid: number;
  /** Ends it and removes its directory. */
  stop(): Promise<void>;
  /** kill -9; what it had stored is there after `restart`. */
  kill(): Promise<void>;
  /** SIGSTOP: connections stay open, nothing is answered. */
  freeze(): void;
  thaw(): void;
  /** On the same port and directory; stops it first when it runs. */
  restart(): Promise<void>;
}

export interface ServiceKind {
  /** Executable, also the name of its package. */
  readonly command: 'nats-server' | 'redis-server';
  readonly scheme: string;
  args(port: number, directory: string): readonly string[];
  readonly readyWhen: RegExp;
}

const START_ATTEMPTS = 5;

export async function startService(kind: ServiceKind): Promise<Service> {
  await assertInstalled(kind.command);
  const directory = await mkdtemp(join(tmpdir(), `portico-test-${kind.command}-`));
  const begin = (port: number): Promise<Running> =>
    runProcess({ ...kind, args: kind.args(port, directory), env: {} });
  const first = await onFreePort(begin);
  let running = first.running;
  let isRunning = true;
  const end = async (): Promise<void> => {
    if (isRunning) await running.stop();
    isRunning = false;
  };
  return {
    url: `${kind.scheme}://127.0.0.1:${first.port}`,
    port: first.port,
    get pid() {
      return running.pid;
    },
    stop: async () => {
      await end();
      await rm(directory, { recursive: true, force: true });
    },
    kill: async () => {
      isRunning = false;
      await running.kill();
    },
    freeze: () => running.freeze(),
    thaw: () => running.thaw(),
    restart: async () => {
      await end();
      // Meanwhile the port may be somebody's for a moment, be it only the local end of a connection.
      running = await eventually(() => begin(first.port));
      isRunning = true;
    },
  };
}

/** A port that was free may be taken a moment later, when several tests start at once. */
async function onFreePort(
  begin: (port: number) => Promise<Running>,
): Promise<{ port: number; running: Running }> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return { port, running: await begin(port) };
    } catch (error) {
      if (attempt === START_ATTEMPTS) throw error;
    }
  }
}

async function assertInstalled(command: ServiceKind['command']): Promise<void> {
  const isThere = await promisify(execFile)(command, ['--version']).then(
    () => true,
    () => false,
  );
  if (isThere) return;
  throw new Error(
    `${command} is not on the PATH. These tests use the real one and are never skipped: ` +
      `install it with "sudo apt-get install ${command}" (Debian, Ubuntu) or "brew install ` +
      `${command === 'redis-server' ? 'redis' : command}" (macOS)`,
  );
}
