import { createInProcessFeeds, type Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { testDatabase } from '@portico/testkit';
import pg from 'pg';
import { loadControlPlaneConfig } from '../src/config.ts';
import { startControlPlane } from '../src/start.ts';

export const ADMIN_KEY = 'test-admin-key-0123456789';

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // Tests look into bodies of every shape; `unknown` would only move the casts into them.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  readonly body: any;
}

interface CallOptions {
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  /** `null` sends no Authorization at all. */
  readonly key?: string | null;
}

export type TestPortico = Awaited<ReturnType<typeof startPortico>>;

/** What an application shares with another one, as replicas and restarts do; closed by its owner. */
interface Shared {
  readonly databaseUrl?: string;
  readonly feeds?: Feeds;
  readonly onLog?: (line: string) => void;
}

/** The real application with in-process feeds, on a real database of its own where none is given. */
export async function startPortico(
  env: Readonly<Record<string, string>> = {},
  shared: Shared = {},
) {
  const database =
    shared.databaseUrl === undefined
      ? await testDatabase()
      : { url: shared.databaseUrl, drop: () => Promise.resolve() };
  const config = loadControlPlaneConfig({
    CONTROL_PLANE_PORT: '0',
    DATABASE_URL: database.url,
    PORTICO_ADMIN_API_KEY: ADMIN_KEY,
    PORTICO_ENCRYPTION_KEY: 'a master secret for tests',
    GATEWAY_URL: 'http://gateway.test:8080',
    PORTICO_DATA_DIR: '/nonexistent',
    RECONCILE_MS: '3600000',
    ...env,
  });
  const { onLog } = shared;
  const logger = createLogger({
    service: 'control-plane',
    level: onLog === undefined ? 'silent' : 'info',
    ...(onLog === undefined ? {} : { destination: { write: onLog } }),
  });
  const feeds: Feeds =
    shared.feeds ?? createInProcessFeeds({ verifyKey: config.keyring.signing.publicKey, logger });
  const controlPlane = await startControlPlane(config, { feeds, logger });
  const sql = new pg.Pool({ connectionString: database.url, max: 3 });
  // The server ends idle connections when its database is dropped; that is no news.
  sql.on('error', () => undefined);
  return {
    config,
    feeds,
    url: controlPlane.url,
    databaseUrl: database.url,
    call: (method: string, path: string, options: CallOptions = {}) =>
      call(controlPlane.url, { method, path }, options),
    query: async <T>(text: string, values: unknown[] = []): Promise<T[]> =>
      (await sql.query(text, values)).rows as T[],
    stop: async () => {
      await controlPlane.stop();
      if (shared.feeds === undefined) await feeds.close();
      await sql.end();
      await database.drop();
    },
  };
}

async function call(
  url: string,
  { method, path }: { method: string; path: string },
  { body, headers = {}, key = ADMIN_KEY }: CallOptions,
): Promise<Answer> {
  const isText = typeof body === 'string';
  const response = await fetch(`${url}${path.startsWith('/') ? path : `/api/v1/${path}`}`, {
    method,
    redirect: 'manual',
    headers: {
      ...(key === null ? {} : { authorization: `Bearer ${key}` }),
      ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return {
    status: response.status,
    headers: response.headers,
    body: isJson && text !== '' ? JSON.parse(text) : text,
  };
}
