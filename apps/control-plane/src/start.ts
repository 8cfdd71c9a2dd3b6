import 'reflect-metadata';
import type { AddressInfo } from 'node:net';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { Feeds } from '@portico/messaging';
import { createMetrics, shutdownInOrder, type Logger } from '@portico/telemetry';
import { ApiDocument } from './api-document/api-document.ts';
import { AppModule } from './app.module.ts';
import type { ControlPlaneConfig } from './config.ts';
import { connect, migrate } from './database/data-source.ts';
import { Foundation } from './foundation.ts';
import { nestLogger } from './http/nest-logger.ts';
import { createAdapter } from './http/server.ts';
import { serveWebApps } from './web-apps/web-apps.ts';

export interface ControlPlane {
  readonly url: string;
  readonly port: number;
  /** Finishes what is being answered, then closes everything it opened. Safe to call twice. */
  stop(): Promise<void>;
}

const STOP_TIMEOUT_MS = 15_000;

/** Migrates, opens the port, starts publishing. `feeds` stay the caller's to close. */
export async function startControlPlane(
  config: ControlPlaneConfig,
  { feeds, logger }: { readonly feeds: Feeds; readonly logger: Logger },
): Promise<ControlPlane> {
  const dataSource = await connect(config.database, logger);
  let app: NestFastifyApplication | undefined;
  try {
    await migrate(dataSource);
    const metrics = createMetrics({ service: 'control-plane', processMetrics: true });
    app = await createApp(new Foundation({ config, feeds, logger, metrics, dataSource }));
    serveWebApps(app.getHttpAdapter().getInstance() as never, config);
    await app.listen(config.port, config.host);
    return running(app, config, { logger, closeDatabase: () => dataSource.destroy() });
  } catch (error) {
    // A port that is taken shows only after everything else has started.
    await app?.close();
    await dataSource.destroy();
    throw error;
  }
}

/** The application, not listening yet; also what the OpenAPI document is generated from. */
export async function createApp(foundation: Foundation): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.over(foundation),
    createAdapter(foundation.config),
    // Our own parsers only: forms are what a foreign page can send with a visitor's cookie.
    { logger: nestLogger(foundation.logger), abortOnError: false, bodyParser: false },
  );
  app.get(ApiDocument).of(app);
  return app;
}

function running(
  app: NestFastifyApplication,
  config: ControlPlaneConfig,
  { logger, closeDatabase }: { logger: Logger; closeDatabase: () => Promise<void> },
): ControlPlane {
  const { port } = app.getHttpServer().address() as AddressInfo;
  logger.info({ port }, 'control plane is listening');
  const stop = async (): Promise<void> => {
    const steps = [
      { name: 'http', stop: () => app.close() },
      { name: 'database', stop: closeDatabase },
    ];
    for (const failure of await shutdownInOrder(steps, { timeoutMs: STOP_TIMEOUT_MS })) {
      logger.error(failure, 'did not stop cleanly');
    }
  };
  let stopped: Promise<void> | undefined;
  const host = config.host.includes(':') ? `[${config.host}]` : config.host;
  return { url: `http://${host}:${port}`, port, stop: () => (stopped ??= stop()) };
}
