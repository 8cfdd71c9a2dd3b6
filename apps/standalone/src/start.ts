import { loadControlPlaneConfig, startControlPlane } from '@portico/control-plane';
import { startEmbeddedPostgres } from '@portico/embedded';
import { loadGatewayConfig, startGateway } from '@portico/gateway';
import { loadLogIngestConfig, startLogIngest } from '@portico/log-ingest';
import {
  connectNats,
  createInProcessFeeds,
  deriveKeyring,
  loadMasterKey,
} from '@portico/messaging';
import type { Feeds, Keyring } from '@portico/messaging';
import { createLogger, shutdownInOrder, type Logger } from '@portico/telemetry';
import { join } from 'node:path';
import { AdminApi } from './admin-api.ts';
import type { StandaloneConfig } from './config.ts';
import { startDemoApi } from './demo/demo-api.ts';
import { seedDemo } from './demo/seed.ts';
import { refuseUnusablePorts } from './ports.ts';

export interface Standalone {
  readonly controlPlaneUrl: string;
  readonly gatewayUrl: string;
  /** `null` when TLS is off. */
  readonly gatewayTlsUrl: string | null;
  readonly gatewayAdminUrl: string;
  readonly admin: AdminApi;
  readonly stop: () => Promise<void>;
}

/**
 * The whole product in this process, on embedded parts wherever no address is configured. Whatever
 * had been started is stopped again when a later part cannot start.
 */
export async function startStandalone(config: StandaloneConfig): Promise<Standalone> {
  await refuseUnusablePorts(config.ports);
  const logger = createLogger({ service: 'standalone', level: config.logLevel });
  const started: Part[] = [];
  const stop = () => stopInReverse(started, logger);
  const keep: Keep = (name, part) => {
    started.push({ name, stop: () => part.stop() });
    return part;
  };
  try {
    return { ...(await startParts(config, logger, keep)), stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

interface Stoppable {
  readonly stop: () => Promise<void>;
}

interface Part extends Stoppable {
  readonly name: string;
}

/** Remembers a part, so that it is stopped with the rest. */
type Keep = <T extends Stoppable>(name: string, part: T) => T;

const STOP_WITHIN_MS = 25_000;

async function startParts(
  config: StandaloneConfig,
  logger: Logger,
  keep: Keep,
): Promise<Omit<Standalone, 'stop'>> {
  const databaseUrl = config.databaseUrl ?? keep('PostgreSQL', await embeddedDatabase(config)).url;
  const env: NodeJS.ProcessEnv = { ...config.env, DATABASE_URL: databaseUrl };
  const keyring = deriveKeyring(
    loadMasterKey({ secret: config.encryptionSecret, dataDir: config.dataDir }),
  );
  const feeds = await openFeeds(config, keyring, logger);
  keep('feeds', { stop: () => feeds.close() });
  if (config.demo !== null) {
    keep('demo API', await startDemoApi('production', config.demo.productionPort));
    keep('demo sandbox', await startDemoApi('sandbox', config.demo.sandboxPort));
  }
  const deps = { feeds, logger };
  const logIngest = keep('log-ingest', await startLogIngest(loadLogIngestConfig(env), deps));
  const logIngestUrl = `http://127.0.0.1:${logIngest.port}`;
  const gatewayConfig = loadGatewayConfig({ ...env, LOG_INGEST_URL: logIngestUrl });
  const gateway = keep('gateway', await startGateway(gatewayConfig, deps));
  const gatewayUrl = `http://localhost:${gateway.httpPort}`;
  const controlPlane = keep(
    'control plane',
    await startControlPlane(
      loadControlPlaneConfig({
        ...env,
        GATEWAY_URL: env['GATEWAY_URL'] ?? gatewayUrl,
        LOG_INGEST_URL: logIngestUrl,
        PORTICO_DEV_MAILBOX: String(config.hasDevMailbox),
      }),
      deps,
    ),
  );
  const admin = new AdminApi(controlPlane.url, config.adminApiKey);
  if (config.demo !== null) await seedDemo(admin, config.demo);
  return {
    controlPlaneUrl: `http://localhost:${controlPlane.port}`,
    gatewayUrl,
    gatewayTlsUrl: gateway.tlsPort === null ? null : `https://localhost:${gateway.tlsPort}`,
    gatewayAdminUrl: `http://localhost:${gateway.adminPort}`,
    admin,
  };
}

function embeddedDatabase(config: StandaloneConfig) {
  return startEmbeddedPostgres({
    dataDir: join(config.dataDir, 'postgres'),
    ...(config.embeddedPostgresPort === 0 ? {} : { port: config.embeddedPostgresPort }),
  });
}

function openFeeds(config: StandaloneConfig, keyring: Keyring, logger: Logger): Promise<Feeds> {
  const verifyKey = keyring.signing.publicKey;
  if (config.natsUrl === undefined)
    return Promise.resolve(createInProcessFeeds({ verifyKey, logger }));
  return connectNats({ servers: config.natsUrl, name: 'portico-standalone', verifyKey, logger });
}

/** Last started, first stopped: the database goes when nothing needs it any more. */
async function stopInReverse(started: readonly Part[], logger: Logger): Promise<void> {
  const failures = await shutdownInOrder(started.toReversed(), { timeoutMs: STOP_WITHIN_MS });
  for (const failure of failures) logger.error(failure, 'a part did not stop');
}
