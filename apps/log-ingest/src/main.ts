import { connectNats } from '@portico/messaging';
import { createLogger, onTermination, startTracing } from '@portico/telemetry';
import { loadProcessConfig } from './config.ts';
import { startLogIngest } from './start.ts';

try {
  const config = loadProcessConfig(process.env);
  const logger = createLogger({ service: 'log-ingest', level: config.logLevel });
  const tracing = await startTracing({ service: 'log-ingest', endpoint: config.otlpEndpoint });
  const feeds = await connectNats({ servers: config.natsUrl, name: config.nodeId, logger });
  const logIngest = await startLogIngest(config, { feeds, logger });
  logger.info({ port: logIngest.port }, 'Log ingest is running');
  onTermination(
    async () => {
      await logIngest.stop();
      await feeds.close();
      await tracing.stop();
    },
    { onError: (error) => logger.fatal({ err: error }, 'Stopping failed') },
  );
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
