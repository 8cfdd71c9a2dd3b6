import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import pg from 'pg';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../src/index.ts';

const isRoot = process.getuid?.() === 0;

const ask = async (url: string, sql: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: sql, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
};
const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

const HOLDER = fileURLToPath(new URL('./hold-server.ts', import.meta.url));

interface Elsewhere {
  readonly pid: number;
  readonly url: string;
  kill(): Promise<void>;
}

describe('startEmbeddedPostgres', () => {
  let folder: string;
  const started: EmbeddedPostgres[] = [];
  const start = async (dataDir = join(folder, 'data')): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir });
    started.push(server);
    return server;
  };
  /** A process that starts a server in the same place and holds it until it is killed. */
  const startElsewhere = async (): Promise<Elsewhere> => {
    const child = spawn(
      process.execPath,
      ['--conditions=source', '--no-warnings', HOLDER, join(folder, 'data')],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    );
    const exited = once(child, 'exit');
    const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
    const [pid, url = ''] = line.split(' ');
    const kill = async (): Promise<void> => {
      child.kill('SIGKILL');
      await exited;
    };
    return { pid: Number(pid), url, kill };
  };

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'portico-test-embedded-'));
  });
  afterEach(async () => {
    for (const server of started.splice(0)) await server.stop();
    await rm(folder, { recursive: true, force: true });
  });

  it('keeps its data from one start to the next', async () => {
    const first = await start();
    await ask(first.url, 'CREATE TABLE kept AS SELECT 42 AS n');
    await first.stop();
    await first.stop();
    expect(isAlive(first.pid)).toBe(false);
    const second = await start();
    expect(await ask(second.url, 'SELECT n FROM kept')).toBe(42);
  });

  it('listens on loopback only, and lets nobody in without the password', async () => {
    const server = await start();
    expect(await ask(server.url, 'SHOW listen_addresses')).toBe('127.0.0.1');
    expect(await ask(server.url, 'SHOW unix_socket_directories')).toBe('');
    const without = new URL(server.url);
    without.password = 'guess';
    await expect(ask(without.href, 'SELECT 1')).rejects.toThrow('password authentication failed');
    const { mode, uid } = await stat(join(folder, 'data/password'));
    expect([(mode & 0o777).toString(8), uid]).toEqual(['600', process.getuid?.()]);
    expect(((await stat(join(folder, 'data/cluster'))).mode & 0o777).toString(8)).toBe('700');
  });

  it('sorts and compares text alike on every machine', async () => {
    const { url } = await start();
    expect(
      await ask(url, `SELECT datcollate || datlocale FROM pg_database WHERE datname = 'portico'`),
    ).toBe('CC.UTF-8');
    expect(await ask(url, `SELECT upper('größe')`)).toBe('GRÖSSE'.replace('SS', 'ß'));
  });

  it('ends with the process that started it, even by kill -9, and starts again', async () => {
    const parent = await startElsewhere();
    await ask(parent.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    await parent.kill();
    const again = await start();
    expect(isAlive(parent.pid)).toBe(false);
    expect(await ask(again.url, 'SELECT n FROM kept')).toBe(7);
  });

  it('starts after the server itself was killed with its lock file left behind', async () => {
    const server = await start();
    await ask(server.url, 'CREATE TABLE kept AS SELECT 7 AS n');
    process.kill(server.pid, 'SIGKILL');
    expect(await server.crashed).not.toBe(0);
    const again = await start();
    expect(await ask(again.url, 'SELECT n FROM kept')).toBe(7);
  });

  it('is not fooled by a lock file that names a process of somebody else', async () => {
    await (await start()).stop();
    const lock = join(folder, 'data/cluster/postmaster.pid');
    await writeFile(lock, `${process.pid}\n${join(folder, 'data/cluster')}\n1\n5432\n\n\n  1  1\n`);
    if (isRoot) {
      const { uid, gid } = await stat(dirname(lock));
      await chown(lock, uid, gid);
    }
    expect(await ask((await start()).url, 'SELECT 1')).toBe(1);
  });

  it('finishes a first start that was cut short', async () => {
    await mkdir(join(folder, 'data/cluster.new/base'), { recursive: true });
    await writeFile(join(folder, 'data/password'), 'of an attempt that failed\n', { mode: 0o600 });
    expect(await ask((await start()).url, 'SELECT 1')).toBe(1);
    expect(await readFile(join(folder, 'data/password'), 'utf8')).not.toContain('failed');
  });

  it('says who is in the way when two processes want one data directory', async () => {
    const parent = await startElsewhere();
    await expect(start()).rejects.toThrow(
      new RegExp(`another process \\(PostgreSQL, pid ${parent.pid}\\) is using`),
    );
    await parent.kill();
    expect(await ask((await start()).url, 'SELECT 1')).toBe(1);
  });

  it('leaves a taken port to its owner and says so', async () => {
    const owner = await start();
    const port = Number(new URL(owner.url).port);
    await expect(
      startEmbeddedPostgres({ dataDir: join(folder, 'other'), port }),
    ).rejects.toMatchObject({
      cause: { message: expect.stringContaining('Address already in use') },
    });
  });

  it('works below a private home, where the account it runs as may not walk', async () => {
    const home = await mkdtemp(join(isRoot ? homedir() : folder, '.portico-test-'));
    try {
      await chmod(home, 0o700);
      const server = await start(join(home, 'data'));
      expect(await ask(server.url, 'SELECT 1')).toBe(1);
      await server.stop();
      expect(await ask((await start(join(home, 'data'))).url, 'SELECT 1')).toBe(1);
      await started.at(-1)?.stop();
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  });
});
