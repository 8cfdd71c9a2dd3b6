import { execFile } from 'node:child_process';
import { readFile, readlink, rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** A server whose parent was killed shuts down by itself; that is how long it takes to begin. */
const NOTICES_WITHIN_MS = 3_000;
const STOPS_WITHIN_MS = 60_000;
/** The file's last line says how the server is. */
const STOPPING = /^stopping\s*$/m;

/**
 * PostgreSQL believes a `postmaster.pid` whose process id is alive, even when that id belongs to
 * somebody else by now (after kill -9 or a power cut, and always in containers, where ids start
 * again from 1). We know better: only a postgres working in this very directory counts.
 */
export async function clearStaleLock(cluster: string): Promise<void> {
  const file = `${cluster}/postmaster.pid`;
  const sinceMs = Date.now();
  for (;;) {
    const text = await readFile(file, 'utf8').catch(() => undefined);
    if (text === undefined) return;
    const pid = Number.parseInt(text, 10);
    if (!(await isServerOf(pid, cluster))) {
      await rm(file, { force: true });
      return;
    }
    const patienceMs = STOPPING.test(text) ? STOPS_WITHIN_MS : NOTICES_WITHIN_MS;
    if (Date.now() - sinceMs > patienceMs) {
      throw new Error(
        `another process (PostgreSQL, pid ${pid}) is using ${cluster}: stop the other Portico, ` +
          'or choose another PORTICO_DATA_DIR',
      );
    }
    await new Promise((done) => setTimeout(done, 100));
  }
}

async function isServerOf(pid: number, cluster: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 1) return false;
  const workingDirectory = await readlink(`/proc/${pid}/cwd`).catch(() => undefined);
  if (workingDirectory !== undefined) return workingDirectory === cluster;
  if (process.platform === 'linux') return false;
  const listing = await run('ps', ['-p', String(pid), '-o', 'command=']).catch(() => undefined);
  return listing !== undefined && listing.stdout.includes(cluster);
}
