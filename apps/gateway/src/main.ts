import cluster from 'node:cluster';
import { connectNats } from '@portico/messaging';
import { createLogger, onTermination, startTracing } from '@portico/telemetry';
import { startPrimary } from './cluster/primary.ts';
import { linkToPrimary } from './cluster/worker-link.ts';
import { loadProcessConfig } from './config.ts';
import { startGateway } from './gateway.ts';

const config = loadProcessConfig();
const logger = createLogger({ service: 'gateway', level: config.logLevel });
const stop = config.workers > 1 && cluster.isPrimary ? await runPrimary() : await runNode();

onTermination(stop, {
  timeoutMs: config.drainTimeoutMs + 20_000,
  onError: (error) => logger.fatal({ err: error }, 'Stopping failed'),
});

async function runPrimary(): Promise<() => Promise<void>> {
  const primary = await startPrimary(config, logger);
  return () => primary.stop();
}

async function runNode(): Promise<() => Promise<void>> {
  const tracing = await startTracing({ service: 'portico-gateway', endpoint: config.otlpEndpoint });
  const feeds = await connectNats({
    servers: config.natsUrl,
    name: `gateway ${config.nodeId}`,
    verifyKey: config.configPublicKeys ?? undefined,
    logger,
  });
  const gateway = await startGateway(config, { feeds, logger });
  linkToPrimary(gateway, gateway.metrics);
  return async () => {
    await gateway.stop();
    await feeds.close();
    await tracing.stop();
  };
}
