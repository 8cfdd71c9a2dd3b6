import { execFile, spawn } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Who the server runs as; without `ids` it is whoever we are. */
export interface Account {
  readonly name: string;
  readonly ids?: { readonly uid: number; readonly gid: number };
}

/**
 * Root hands the server to an account that exists on the machine: none is created. A cluster keeps
 * the owner it has, or a `postgres` account installed later would find another's files.
 */
export async function accountFor(dataDir: string): Promise<Account> {
  if (process.getuid?.() !== 0) return { name: 'the current user' };
  const owner = await stat(`${dataDir}/cluster`).catch(() => undefined);
  if (owner && owner.uid !== 0) {
    return { name: `uid ${owner.uid}`, ids: { uid: owner.uid, gid: owner.gid } };
  }
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid && gid) return { name, ids: { uid, gid } };
  }
  throw new Error(
    'PostgreSQL does not run as root, and this machine has neither a "postgres" nor a "nobody" ' +
      'account to run it as: start Portico as an ordinary user, or set DATABASE_URL',
  );
}

async function idOf(flag: '-u' | '-g', name: string): Promise<number | undefined> {
  const answer = await run('id', [flag, name]).catch(() => undefined);
  return answer ? Number(answer.stdout) : undefined;
}

/** What the server is told its working directory is called. */
export async function argumentFor(directory: string, account: Account): Promise<string> {
  if (await canReach(account, directory)) return directory;
  // Below a 0700 home the account may use the directory, but not walk to it. We start the server
  // inside it, and on Linux this name leads there without the walk.
  if (process.platform === 'linux') return '/proc/self/cwd';
  throw new Error(
    `the account PostgreSQL runs as (${account.name}) cannot reach ${directory}: ` +
      'set PORTICO_DATA_DIR to a directory outside of private homes, or set DATABASE_URL',
  );
}

/** True where the account can walk to `path` and enter (a directory) or execute (a file) it. */
export async function canReach(account: Account, path: string): Promise<boolean> {
  if (!account.ids) return true;
  const probe = spawn('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], {
    ...account.ids,
    cwd: '/',
    stdio: 'ignore',
  });
  return new Promise((answer) => {
    probe.once('error', () => answer(false));
    probe.once('exit', (code) => answer(code === 0));
  });
}
