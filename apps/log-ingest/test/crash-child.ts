/** Log ingest as its own process, that dies by kill -9 between its first commit and its first ack. */
import { connectNats, type Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { loadProcessConfig } from '../src/config.ts';
import { startLogIngest } from '../src/start.ts';

const config = loadProcessConfig(process.env);
const logger = createLogger({ service: 'log-ingest', level: config.logLevel });
const feeds = await connectNats({ servers: config.natsUrl, name: 'crash-child', logger });
const die = (): never => {
  process.kill(process.pid, 'SIGKILL');
  throw new Error('still alive after SIGKILL');
};
const dyingFeeds: Feeds = {
  ...feeds,
  recordConsumer: {
    consume: (handler, options) =>
      feeds.recordConsumer.consume((batch) => handler({ ...batch, ack: die }), options),
  },
  usage: {
    ...feeds.usage,
    consumeDeltas: (handler, options) =>
      feeds.usage.consumeDeltas((delta) => handler({ ...delta, ack: die }), options),
  },
};
const { port } = await startLogIngest(config, { feeds: dyingFeeds, logger });
logger.info({ port }, 'Log ingest is running');
