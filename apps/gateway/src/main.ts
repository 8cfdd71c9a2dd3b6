import { connectNats } from '@portico/messaging';
import { createLogger, onTermination, startTracing } from '@portico/telemetry';
import { loadProcessConfig } from './config.ts';
import { startGateway } from './gateway.ts';

const config = loadProcessConfig();
const logger = createLogger({ service: 'gateway', level: config.logLevel });
const tracing = await startTracing({ service: 'portico-gateway', endpoint: config.otlpEndpoint });
const feeds = await connectNats({
  servers: config.natsUrl,
  name: `gateway ${config.nodeId}`,
  verifyKey: config.configPublicKey ?? undefined,
  logger,
});
const gateway = await startGateway(config, { feeds, logger });

onTermination(
  async () => {
    await gateway.stop();
    await feeds.close();
    await tracing.stop();
  },
  {
    timeoutMs: config.drainTimeoutMs + 20_000,
    onError: (error) => logger.fatal({ err: error }, 'Stopping failed'),
  },
);
