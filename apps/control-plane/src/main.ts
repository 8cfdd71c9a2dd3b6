import { connectNats } from '@portico/messaging';
import { createLogger, onTermination, startTracing } from '@portico/telemetry';
import { loadControlPlaneConfig, processEnv, requireNatsUrl } from './config.ts';
import { startControlPlane } from './start.ts';

const config = loadControlPlaneConfig(processEnv());
const logger = createLogger({ service: 'control-plane', level: config.logLevel });
const tracing = await startTracing({
  service: 'control-plane',
  endpoint: config.env['OTEL_EXPORTER_OTLP_ENDPOINT'],
});
const feeds = await connectNats({
  servers: requireNatsUrl(config),
  name: 'control-plane',
  verifyKey: config.keyring.signing.publicKey,
  logger,
});
const controlPlane = await startControlPlane(config, { feeds, logger });
onTermination(async () => {
  await controlPlane.stop();
  await feeds.close();
  await tracing.stop();
});
