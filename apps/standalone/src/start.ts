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
import { createLogger, type Logger } from '@portico/telemetry';
import { join } from 'node:path';
import { AdminApi } from './admin-api.ts';
import type { StandaloneConfig } from './config.ts';
import { startDemoApi } from './demo/demo-api.ts';
import { seedDemo } from './demo/seed.ts';
import { refuseTakenPorts } from './ports.ts';

export interface Standalone {
  readonly controlPlaneUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayTlsUrl: string;
  readonly gatewayAdminUrl: string;
  readonly admin: AdminApi;
  readonly stop: () => Promise<void>;
}

/**
 * The whole product in this process, on embedded parts wherever no address is configured. Whatever
 * had been started is stopped again when a later part cannot start.
 */
export async function startStandalone(config: StandaloneConfig): Promise<Standalone> {
  await refuseTakenPorts(config.ports);
  const logger = createLogger({ service: 'standalone', level: config.logLevel });
  const started: Stoppable[] = [];
  const stop = () => stopInReverse(started, logger);
  const keep = <T extends Stoppable>(part: T): T => {
    started.push(part);
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

type Keep = <T extends Stoppable>(part: T) => T;

async function startParts(
  config: StandaloneConfig,
  logger: Logger,
  keep: Keep,
): Promise<Omit<Standalone, 'stop'>> {
  const databaseUrl = config.databaseUrl ?? keep(await embeddedDatabase(config)).url;
  const env = { ...config.env, DATABASE_URL: databaseUrl };
  const keyring = deriveKeyring(
    await loadMasterKey({ value: env.PORTICO_ENCRYPTION_KEY, dataDir: config.dataDir }),
  );
  const feeds = await openFeeds(config, keyring, logger);
  keep({ stop: () => feeds.close() });
  if (config.demo !== null) {
    keep(await startDemoApi('production', config.demo.productionPort));
    keep(await startDemoApi('sandbox', config.demo.sandboxPort));
  }
  const deps = { feeds, logger };
  const logIngest = keep(await startLogIngest(loadLogIngestConfig(env), deps));
  const gateway = keep(await startGateway(loadGatewayConfig(env), deps));
  const gatewayUrl = `http://localhost:${gateway.httpPort}`;
  const controlPlane = keep(
    await startControlPlane(
      loadControlPlaneConfig({
        ...env,
        GATEWAY_URL: env['GATEWAY_URL'] ?? gatewayUrl,
        LOG_INGEST_URL: `http://127.0.0.1:${logIngest.port}`,
        PORTICO_DEV_MAILBOX: String(config.hasDevMailbox),
      }),
      deps,
    ),
  );
  const admin = new AdminApi(controlPlane.url, config.adminApiKey);
  if (config.demo !== null) await seedDemo(admin, config.demo);
  return {
    controlPlaneUrl: controlPlane.url,
    gatewayUrl,
    gatewayTlsUrl: `https://localhost:${gateway.tlsPort}`,
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
  if (config.natsUrl === undefined) return Promise.resolve(createInProcessFeeds());
  return connectNats({ servers: config.natsUrl, name: 'portico-standalone', keyring, logger });
}

async function stopInReverse(started: readonly Stoppable[], logger: Logger): Promise<void> {
  for (const part of started.toReversed()) {
    // One part that cannot stop must not keep the rest, the database above all, from stopping.
    await part
      .stop()
      .catch((error: unknown) => logger.error({ err: error }, 'a part did not stop'));
  }
}
