import { startEmbeddedPostgres } from '@portico/embedded';
import {
  freePort,
  runProcess,
  startMailbox,
  startNats,
  startRedis,
  type Mailbox as TestMailbox,
  type Running,
  type Service,
} from '@portico/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Admin } from './admin.ts';
import { call } from './http.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const ADMIN_KEY = 'portico_adm_for_end_to_end_tests_only';
export const ENCRYPTION_KEY = 'end-to-end tests only, never a real key';

export interface Mailbox {
  /** Sign-in links mailed to an address, oldest first. */
  linksTo(email: string): Promise<readonly string[]>;
}

/** The product, running, as somebody outside sees it. */
export interface Deployment {
  readonly controlPlaneUrl: string;
  readonly gatewayUrls: readonly string[];
  readonly admin: Admin;
  readonly mailbox: Mailbox;
  /** Everything any of its processes printed: where secrets must not be. */
  output(): string;
  stop(): Promise<void>;
}

export interface Standalone extends Deployment {
  readonly process: Running;
  /** The ports it was given, to start it again with. */
  readonly env: Readonly<Record<string, string>>;
  /** Sends the signal to npm, as a terminal or a supervisor would; resolves with the exit code. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals>;
}

/** `npm start`, with nothing but ports and a data directory of its own. */
export async function startStandalone(
  extraEnv: Readonly<Record<string, string>> = {},
): Promise<Standalone> {
  const dataDir = extraEnv['PORTICO_DATA_DIR'] ?? (await scratchDir());
  const ports = { ...(await portEnv()), ...extraEnv };
  const running = await runProcess({
    command: 'npm',
    args: ['start'],
    cwd: ROOT,
    env: { PORTICO_ADMIN_API_KEY: ADMIN_KEY, ...ports, PORTICO_DATA_DIR: dataDir },
    readyWhen: /Ctrl-C stops everything/,
    withinMs: 170_000,
  });
  const url = `http://localhost:${ports['CONTROL_PLANE_PORT']}`;
  return {
    process: running,
    env: ports,
    controlPlaneUrl: url,
    gatewayUrls: [`http://localhost:${ports['GATEWAY_PORT']}`],
    admin: new Admin(url, ADMIN_KEY),
    mailbox: devMailbox(url),
    output: () => running.output(),
    end: (signal) => {
      process.kill(running.pid, signal);
      return running.exited;
    },
    stop: async () => {
      await running.stop(40_000);
      // A directory that was handed in belongs to whoever handed it in.
      if (extraEnv['PORTICO_DATA_DIR'] === undefined)
        await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** Four services as five processes on real PostgreSQL, NATS and Redis, with a real mail server. */
export interface Distributed extends Deployment {
  readonly processes: Readonly<Record<'controlPlane' | 'logIngest', Running>>;
  readonly gateways: readonly GatewayNode[];
  readonly database: { readonly url: string; stop(): Promise<void> };
  readonly nats: Service;
  readonly redis: Service;
  /** What processes that start from now on get besides; `undefined` takes a variable away. */
  configure(env: Env): void;
  restartLogIngest(): Promise<Running>;
  restartControlPlane(): Promise<Running>;
  /** One more gateway node, with a cache directory of its own. */
  startGateway(): Promise<GatewayNode>;
}

type Env = Readonly<Record<string, string | undefined>>;

export interface GatewayNode {
  readonly url: string;
  /** What a load balancer looks at. */
  readonly readyUrl: string;
  readonly process: Running;
  /** The same node again, on the same ports and directory, once its process has ended. */
  restart(): Promise<GatewayNode>;
}

export async function startDistributed(extraEnv: Env = {}): Promise<Distributed> {
  const cleanups: (() => Promise<unknown>)[] = [];
  const dir = await scratchDir();
  cleanups.push(() => rm(dir, { recursive: true, force: true }));
  const database = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres') });
  cleanups.push(() => database.stop());
  const [nats, redis, mail] = await Promise.all([startNats(), startRedis(), startMailbox()]);
  cleanups.push(() => Promise.all([nats.stop(), redis.stop(), mail.stop()]));

  const running: Running[] = [];
  let configured = extraEnv;
  const service = async (app: string, env: Record<string, string>, readyUrl: string) => {
    const started = await runProcess({
      command: process.execPath,
      args: [join(ROOT, 'apps', app, 'dist', 'main.js')],
      cwd: dir,
      env: { ...env, ...configured },
      readyWhen: async () => (await call(readyUrl)).status === 200,
      withinMs: 90_000,
    });
    running.push(started);
    return started;
  };

  const ports = await portEnv();
  const controlPlaneUrl = `http://127.0.0.1:${ports['CONTROL_PLANE_PORT']}`;
  const shared = {
    ...ports,
    DATABASE_URL: database.url,
    NATS_URL: nats.url,
    REDIS_URL: redis.url,
    SMTP_URL: mail.url,
    MAIL_FROM: 'Portico <portico@example.test>',
    PORTICO_ADMIN_API_KEY: ADMIN_KEY,
    PORTICO_ENCRYPTION_KEY: ENCRYPTION_KEY,
    PORTICO_DATA_DIR: dir,
    PORTAL_URL: controlPlaneUrl,
    GATEWAY_URL: `http://127.0.0.1:${ports['GATEWAY_PORT']}`,
    LOG_INGEST_URL: `http://127.0.0.1:${ports['LOG_INGEST_PORT']}`,
    CONTROL_PLANE_HOST: '127.0.0.1',
    GATEWAY_HOST: '127.0.0.1',
    GATEWAY_ADMIN_HOST: '127.0.0.1',
    LOG_INGEST_HOST: '127.0.0.1',
    // A balancer that shares one slow core with all of this has to see that a node is leaving.
    DRAIN_GRACE_MS: '3000',
  };
  const startLogIngest = () => service('log-ingest', shared, `${shared.LOG_INGEST_URL}/readyz`);
  const logIngest = await startLogIngest();
  const startControlPlane = () => service('control-plane', shared, `${controlPlaneUrl}/readyz`);
  const controlPlane = await startControlPlane();

  const startGateway = async (own?: Record<string, string>): Promise<GatewayNode> => {
    const settings = own ?? {
      ...pick(running.length === 2 ? ports : await portEnv(), GATEWAY_PORTS),
      SNAPSHOT_CACHE_DIR: await mkdtemp(join(dir, 'cache-')),
    };
    const readyUrl = `http://127.0.0.1:${settings['GATEWAY_ADMIN_PORT']}/readyz`;
    return {
      process: await service('gateway', { ...shared, ...settings }, readyUrl),
      url: `http://127.0.0.1:${settings['GATEWAY_PORT']}`,
      readyUrl,
      restart: () => startGateway(settings),
    };
  };
  const gateways = [await startGateway(), await startGateway()];

  return {
    controlPlaneUrl,
    gatewayUrls: gateways.map((gateway) => gateway.url),
    gateways,
    nats,
    redis,
    processes: { controlPlane, logIngest },
    database,
    admin: new Admin(controlPlaneUrl, ADMIN_KEY),
    mailbox: smtpMailbox(mail),
    startGateway: () => startGateway(),
    configure: (env) => (configured = { ...configured, ...env }),
    restartLogIngest: startLogIngest,
    restartControlPlane: startControlPlane,
    output: () => running.map((one) => one.output()).join('\n'),
    stop: async () => {
      await Promise.all(running.map((one) => one.stop()));
      for (const cleanup of cleanups.toReversed()) await cleanup();
    },
  };
}

const GATEWAY_PORTS = ['GATEWAY_PORT', 'GATEWAY_TLS_PORT', 'GATEWAY_ADMIN_PORT'] as const;
const PORTS = [
  'CONTROL_PLANE_PORT',
  'LOG_INGEST_PORT',
  'DEMO_PRODUCTION_PORT',
  'DEMO_SANDBOX_PORT',
  ...GATEWAY_PORTS,
] as const;

async function portEnv(): Promise<Record<string, string>> {
  const ports = await Promise.all(PORTS.map(() => freePort()));
  return Object.fromEntries(PORTS.map((name, index) => [name, String(ports[index])]));
}

const pick = (env: Record<string, string>, names: readonly string[]) =>
  Object.fromEntries(names.map((name) => [name, env[name]!]));

export const scratchDir = () => mkdtemp(join(tmpdir(), 'portico-e2e-'));

function devMailbox(url: string): Mailbox {
  return {
    linksTo: async (email) => {
      const mails = (await call(`${url}/dev/mail.json`)).json<{ to: string; links: string[] }[]>();
      return mails
        .filter((mail) => mail.to === email)
        .toReversed()
        .flatMap((mail) => mail.links);
    },
  };
}

function smtpMailbox(mailbox: TestMailbox): Mailbox {
  return {
    linksTo: (email) =>
      Promise.resolve(
        mailbox.mails
          .filter((mail) => mail.recipients.includes(email))
          .flatMap((mail) => mail.links.filter((link) => link.includes('/link'))),
      ),
  };
}
