// One gateway node with a NATS of its own, as the benches start it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ENCRYPTION_KEY, publishEstate } from './estate.mjs';
import { answers, freePort, start, until } from './processes.mjs';

const main = fileURLToPath(new URL('../../apps/gateway/dist/main.js', import.meta.url));

/** A nats-server with JetStream, its data below `dir`; `monitorPort` serves its own figures. */
export async function startNats(dir, core, monitorPort) {
  const port = await freePort();
  const args = ['-js', '-sd', join(dir, `nats-${port}`), '-a', '127.0.0.1', '-p', `${port}`];
  if (monitorPort !== undefined) args.push('-m', `${monitorPort}`);
  start('nats-server', args, { core });
  return `nats://127.0.0.1:${port}`;
}

/** Publishes once NATS answers. The caller closes it, or goes on publishing changes. */
export const publishTo = (natsUrl, estate) => until(() => publishEstate(natsUrl, estate.values));

/** Resolves once the node holds the configuration; `readyMs` is how long that took from spawning. */
export async function startNode(dir, { natsUrl, core, env = {} }) {
  const [port, adminPort] = [await freePort(), await freePort()];
  const spawnedAt = performance.now();
  // As its start script does.
  const node = start(process.execPath, ['--v8-pool-size=1', main], {
    core,
    cwd: dir,
    env: {
      NATS_URL: natsUrl,
      PORTICO_ENCRYPTION_KEY: ENCRYPTION_KEY,
      PORTICO_DATA_DIR: dir,
      SNAPSHOT_CACHE_DIR: join(dir, `cache-${port}`),
      GATEWAY_HOST: '127.0.0.1',
      GATEWAY_ADMIN_HOST: '127.0.0.1',
      GATEWAY_PORT: `${port}`,
      GATEWAY_TLS_PORT: '0',
      GATEWAY_ADMIN_PORT: `${adminPort}`,
      LOG_LEVEL: 'error',
      NODE_ENV: 'production',
      ...env,
    },
  });
  await answers(`http://127.0.0.1:${adminPort}/readyz`).catch((error) => {
    throw new Error(`the gateway did not become ready:\n${node.output()}`, { cause: error });
  });
  const readyMs = performance.now() - spawnedAt;
  return {
    pid: node.pid,
    url: `http://127.0.0.1:${port}`,
    adminUrl: `http://127.0.0.1:${adminPort}`,
    readyMs,
    output: node.output,
    stop: node.stop,
  };
}

export const identityOf = ({ client, profile, token }) => ({
  'x-client-id': client,
  'x-profile-id': profile,
  authorization: `Bearer ${token}`,
});

/** One sample of the node's Prometheus page; undefined where it has no such line. */
export async function metric(node, name) {
  const text = await (await fetch(`${node.adminUrl}/metrics`)).text();
  const line = text
    .split('\n')
    .find((one) => one.startsWith(`${name} `) || one.startsWith(`${name}{`));
  return line === undefined ? undefined : Number(line.split(' ').at(-1));
}
