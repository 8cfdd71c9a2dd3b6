import { randomBytes } from 'node:crypto';
import { mkdir, readFile, realpath, rename, rm, stat, writeFile, chown } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import pg from 'pg';
import { prepareBinaries, type Binaries } from './binaries.ts';
import { clearStaleLock } from './lock-file.ts';
import { accountFor, argumentFor, type Account } from './account.ts';
import { runToEnd, startSupervised, type Supervised } from './supervised.ts';

export interface EmbeddedOptions {
  /** Kept between starts. Holds `cluster/` (the database) and `password` (0600). */
  readonly dataDir: string;
  /** Default: any free port. Always on loopback. */
  readonly port?: number;
  readonly log?: (line: string) => void;
  /** Server settings over ours, e.g. `{ fsync: 'off' }` for throw-away databases. */
  readonly settings?: Readonly<Record<string, string>>;
}

export interface EmbeddedPostgres {
  /** Of a superuser of this private server, database `portico`. Holds the password. */
  readonly url: string;
  readonly pid: number;
  /** Resolves with the exit code if the server ends before `stop` was called. */
  readonly crashed: Promise<number>;
  /** Fast shutdown: open transactions are rolled back. Safe to call twice. */
  stop(): Promise<void>;
}

const USER = 'portico';
const DATABASE = 'portico';
const START_TIMEOUT_MS = 60_000;
const START_ATTEMPTS = 5;
/** What the server says when the memory of one that was just killed is not free yet. */
const PASSING = /shared memory block/;
const PASSING_ON_ANOTHER_PORT = /shared memory block|could not bind/;

/**
 * Starts a private PostgreSQL server in `dataDir`, creating the cluster on first use. PostgreSQL
 * refuses to run as root, so root starts it as the `postgres` (else `nobody`) account. The server
 * ends with this process, however this process ends.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  await mkdir(options.dataDir, { recursive: true, mode: 0o700 });
  const dataDir = await realpath(options.dataDir);
  const account = await accountFor(dataDir);
  const binaries = await prepareBinaries(account, log);
  const cluster = { path: `${dataDir}/cluster`, account, binaries, log };
  const password = await passwordOf(dataDir);
  if (!(await exists(cluster.path))) await createCluster(cluster, password);
  await clearStaleLock(cluster.path);
  const { server, port } = await startServer(cluster, options);
  const login = `postgres://${USER}:${password}@127.0.0.1:${port}`;
  try {
    await ensureDatabase(`${login}/postgres`);
  } catch (cause) {
    await server.stop();
    throw new Error('the embedded PostgreSQL started but does not answer', { cause });
  }
  return {
    url: `${login}/${DATABASE}`,
    pid: server.pid,
    crashed: server.exited,
    stop: () => server.stop(),
  };
}

interface Cluster {
  readonly path: string;
  readonly account: Account;
  readonly binaries: Binaries;
  readonly log: (line: string) => void;
}

/** Only the cluster's files are the server account's; the password stays ours alone. */
async function passwordOf(dataDir: string): Promise<string> {
  const file = `${dataDir}/password`;
  if (await exists(`${dataDir}/cluster`)) {
    return (await readFile(file, 'utf8')).trim();
  }
  const password = randomBytes(24).toString('base64url');
  await rm(file, { force: true });
  await writeFile(file, `${password}\n`, { mode: 0o600, flag: 'wx' });
  return password;
}

/** Into a directory of another name first: a half-made cluster must never look like a whole one. */
async function createCluster(cluster: Cluster, password: string): Promise<void> {
  const { account, binaries, log } = cluster;
  const draft = `${cluster.path}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { mode: 0o700 });
  if (account.ids) await chown(draft, account.ids.uid, account.ids.gid);
  await runToEnd({
    // The password comes down a pipe that the server's account itself opened: no file to leak it,
    // and no descriptor of root's that it could not open.
    script: 'cat | "$@" --pwfile=/dev/stdin',
    args: [
      binaries.initdb,
      '-D',
      await argumentFor(draft, account),
      ...['-U', USER, '-A', 'scram-sha-256', '-E', 'UTF8', '--no-instructions'],
      // Built into the server, so text sorts and compares alike on every machine.
      ...['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'],
    ],
    cwd: draft,
    account,
    input: `${password}\n`,
    log,
  });
  await rename(draft, cluster.path);
}

/** Retries what passes by itself: a port taken meanwhile, memory of a server that was just killed. */
async function startServer(
  cluster: Cluster,
  options: EmbeddedOptions,
): Promise<{ server: Supervised; port: number }> {
  for (let attempt = 1; ; attempt++) {
    const port = options.port || (await freePort());
    try {
      const server = await startSupervised({
        command: cluster.binaries.postgres,
        args: await serverArguments(cluster, port, options.settings),
        cwd: cluster.path,
        account: cluster.account,
        log: cluster.log,
        readyLine: 'database system is ready to accept connections',
        timeoutMs: START_TIMEOUT_MS,
      });
      return { server, port };
    } catch (cause) {
      const isPassing = (options.port ? PASSING : PASSING_ON_ANOTHER_PORT).test(String(cause));
      if (!isPassing || attempt === START_ATTEMPTS) {
        throw new Error('could not start the embedded PostgreSQL', { cause });
      }
      await new Promise((done) => setTimeout(done, 200 * attempt));
    }
  }
}

async function serverArguments(
  cluster: Cluster,
  port: number,
  settings: EmbeddedOptions['settings'],
): Promise<string[]> {
  const all = {
    listen_addresses: '127.0.0.1',
    // No socket file: the directory it would lie in is one more thing to guard and to be missing.
    unix_socket_directories: '',
    max_connections: '200',
    logging_collector: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...settings,
  };
  return [
    ...['-D', await argumentFor(cluster.path, cluster.account), '-p', String(port)],
    ...Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

async function ensureDatabase(adminUrl: string): Promise<void> {
  const client = new pg.Client({ connectionString: adminUrl });
  await client.connect();
  try {
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [DATABASE]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${DATABASE}`);
  } finally {
    await client.end();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening, failed) => {
    probe.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  );
