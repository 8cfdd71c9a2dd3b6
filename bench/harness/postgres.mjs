// A PostgreSQL of the bench's own, and log-ingest over it.
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEmbeddedPostgres } from '@portico/embedded';
import { deriveKeyring } from '@portico/messaging';
import { ENCRYPTION_KEY } from './estate.mjs';
import { answers, find, freePort, start } from './processes.mjs';

const logIngest = fileURLToPath(new URL('../../apps/log-ingest/dist/main.js', import.meta.url));

/** Ends with the bench however that ends; `settings` go over what the product's own server has. */
export async function startPostgres(dir, { core, settings = {} } = {}) {
  const server = await startEmbeddedPostgres({ dataDir: join(dir, 'postgres'), settings });
  // What it forks from now on inherits the core.
  if (core !== undefined && find('taskset') !== undefined) {
    execFileSync('taskset', ['-a', '-c', '-p', String(core), String(server.pid)]);
  }
  return server;
}

export async function startLogIngest(dir, { natsUrl, databaseUrl, core, env = {} }) {
  const port = await freePort();
  const node = start(process.execPath, [logIngest], {
    core,
    cwd: dir,
    env: {
      NATS_URL: natsUrl,
      LOG_DATABASE_URL: databaseUrl,
      PORTICO_ENCRYPTION_KEY: ENCRYPTION_KEY,
      PORTICO_DATA_DIR: dir,
      LOG_INGEST_PORT: `${port}`,
      LOG_LEVEL: 'error',
      NODE_ENV: 'production',
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/readyz`).catch((error) => {
    throw new Error(`log-ingest did not become ready:\n${node.output()}`, { cause: error });
  });
  const headers = { authorization: `Bearer ${deriveKeyring(ENCRYPTION_KEY).logIngestToken}` };
  return { url, headers, pid: node.pid, output: node.output, stop: node.stop };
}
