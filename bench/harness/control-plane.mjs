// The real control plane, driven through its admin API.
import { fileURLToPath } from 'node:url';
import { Pool } from 'undici';
import { ENCRYPTION_KEY } from './estate.mjs';
import { answers, freePort, start } from './processes.mjs';

const main = fileURLToPath(new URL('../../apps/control-plane/dist/main.js', import.meta.url));
const ADMIN_KEY = 'benchmarks-only-never-a-real-key';

export async function startControlPlane(dir, { natsUrl, databaseUrl, core, env = {} }) {
  const port = await freePort();
  const node = start(process.execPath, [main], {
    core,
    cwd: dir,
    env: {
      NATS_URL: natsUrl,
      DATABASE_URL: databaseUrl,
      PORTICO_ENCRYPTION_KEY: ENCRYPTION_KEY,
      PORTICO_ADMIN_API_KEY: ADMIN_KEY,
      PORTICO_DATA_DIR: dir,
      CONTROL_PLANE_PORT: `${port}`,
      LOG_LEVEL: 'error',
      NODE_ENV: 'production',
      ...env,
    },
  });
  const url = `http://127.0.0.1:${port}`;
  await answers(`${url}/readyz`).catch((error) => {
    throw new Error(`the control plane did not become ready:\n${node.output()}`, { cause: error });
  });
  const pool = new Pool(url, { connections: 64 });
  return {
    pid: node.pid,
    url,
    output: node.output,
    /** Rejects unless the answer is 2xx. */
    call: async (method, path, { body, headers = {} } = {}) => {
      const answer = await pool.request({
        method,
        path: `/api/v1${path}`,
        headers: {
          authorization: `Bearer ${ADMIN_KEY}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...headers,
        },
        body: body === undefined ? null : JSON.stringify(body),
      });
      const text = await answer.body.text();
      if (answer.statusCode >= 300) {
        throw new Error(`${method} ${path} answers ${answer.statusCode}: ${text}`);
      }
      return { headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
    },
    stop: async () => {
      await pool.close();
      await node.stop();
    },
  };
}
