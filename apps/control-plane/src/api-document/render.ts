import { createInProcessFeeds } from '@portico/messaging';
import { createLogger, createMetrics } from '@portico/telemetry';
import { loadControlPlaneConfig } from '../config.ts';
import { createDataSource } from '../database/data-source.ts';
import { Foundation } from '../foundation.ts';
import { createApp } from '../start.ts';
import { apiDocument } from './document.ts';

/** The document as text, from an application that is put together but never started. */
export async function renderApiDocument(): Promise<string> {
  const config = loadControlPlaneConfig({
    DATABASE_URL: 'postgres://localhost/never-connected',
    PORTICO_ENCRYPTION_KEY: 'only the document is made',
  });
  const logger = createLogger({ service: 'control-plane', level: 'silent' });
  const feeds = createInProcessFeeds({ logger });
  const metrics = createMetrics();
  const dataSource = createDataSource(config.database);
  const app = await createApp(new Foundation({ config, feeds, logger, metrics, dataSource }));
  try {
    return `${JSON.stringify(apiDocument(app), null, 2)}\n`;
  } finally {
    await feeds.close();
  }
}
