// Starts what is measured, pinned to a core of its own, and reads from the kernel what it cost.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';

const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin'];

export const find = (name) => folders.map((folder) => join(folder, name)).find(existsSync);

/** apt names of what is missing are tried once, as root on Debian; what stays missing is named. */
export function ensure(packages) {
  const missing = () => Object.keys(packages).filter((tool) => !find(tool));
  if (missing().length > 0 && process.getuid?.() === 0 && existsSync('/usr/bin/apt-get')) {
    const names = missing().flatMap((tool) => packages[tool]);
    const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
    execFileSync('apt-get', ['update', '-qq'], { env, stdio: 'ignore' });
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', ...names], {
      env,
      stdio: 'ignore',
    });
  }
  return missing();
}

const running = new Set();

/** Spawns on one core; the process dies with the bench. */
export function start(command, args, { core, env, cwd } = {}) {
  const pinned = core !== undefined && find('taskset') !== undefined;
  const child = spawn(
    pinned ? 'taskset' : command,
    pinned ? ['-c', String(core), command, ...args] : args,
    { env: { ...process.env, ...env }, cwd, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let output = '';
  const keep = (chunk) => {
    output = (output + chunk).slice(-20_000);
  };
  child.stdout.on('data', keep);
  child.stderr.on('data', keep);
  const one = {
    pid: child.pid,
    output: () => output,
    exited: () => child.exitCode !== null || child.signalCode !== null,
    stop: () =>
      new Promise((resolve) => {
        running.delete(one);
        if (one.exited()) return resolve();
        child.once('exit', resolve);
        child.kill('SIGTERM');
        setTimeout(() => child.kill('SIGKILL'), 5_000).unref();
      }),
  };
  running.add(one);
  return one;
}

export const stopAll = () => Promise.all([...running].map((one) => one.stop()));

/** CPU seconds of a process and its descendants, from /proc (Linux only; undefined elsewhere). */
export function cpuSeconds(pid) {
  if (!existsSync('/proc/self/stat')) return undefined;
  return tree(pid)
    .map(ticksOf)
    .reduce((sum, ticks) => sum + ticks / TICKS_PER_SECOND, 0);
}

/** Resident bytes of a process and its descendants. */
export const residentBytes = (pid) =>
  tree(pid)
    .map((one) => Number(readFileSync(`/proc/${one}/statm`, 'utf8').split(' ')[1]) * 4096)
    .reduce((sum, bytes) => sum + bytes, 0);

const TICKS_PER_SECOND = 100;

function ticksOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

function tree(pid) {
  const parentOf = new Map();
  for (const name of readdirSync('/proc').filter((entry) => /^\d+$/.test(entry))) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      parentOf.set(Number(name), Number(stat.split(') ')[1].split(' ')[1]));
    } catch {
      // It ended while we looked.
    }
  }
  const family = [pid];
  for (const member of family) {
    for (const [child, parent] of parentOf) if (parent === member) family.push(child);
  }
  return family;
}

export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** Waits until `check` stops throwing; the error of the last try when it never does. */
export async function until(check, withinMs = 60_000) {
  const end = Date.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (Date.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

export const answers = (url, headers = {}) =>
  until(async () => {
    const response = await fetch(url, { headers });
    await response.arrayBuffer();
    if (response.status !== 200) throw new Error(`${url} answers ${response.status}`);
  });
