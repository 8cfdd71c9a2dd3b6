import { createServer } from 'node:http';
import type { ServerResponse } from 'node:http';
import type { ErrorBody } from '@portico/contracts';
import { AggregatorRegistry } from 'prom-client';
import type { Logger } from '@portico/telemetry';
import type { GatewayConfig } from '../config.ts';
import { listen } from '../server/http-listener.ts';
import { newRequestId } from '../server/request-id.ts';
import { tlsFiles } from '../server/tls-certificate.ts';
import { WorkerPool } from './worker-pool.ts';

export interface Primary {
  readonly adminPort: number;
  stop(): Promise<void>;
}

/** Starts the workers and answers for all of them. */
export async function startPrimary(config: GatewayConfig, logger: Logger): Promise<Primary> {
  // Made before there are several processes that would each make their own.
  if (config.tlsPort !== null) await tlsFiles(config.tlsFiles, config.dataDir);
  const pool = new WorkerPool(config, logger);
  const admin = createServer((request, response) => {
    answer(pool, request.url ?? '', response).catch((error: unknown) => {
      logger.error({ err: error }, 'Cannot answer for the workers');
      response.destroy();
    });
  });
  const adminPort = await listen(admin, config.adminPort, config.adminHost);
  pool.start();
  logger.info({ adminPort, workers: config.workers }, 'Gateway workers are starting');
  return {
    adminPort,
    stop: async () => {
      await pool.stop();
      admin.closeAllConnections();
      await new Promise((closed) => admin.close(closed));
    },
  };
}

async function answer(pool: WorkerPool, url: string, response: ServerResponse): Promise<void> {
  const request_id = newRequestId();
  response.setHeader('x-request-id', request_id);
  response.setHeader('content-type', 'application/json; charset=utf-8');
  switch (url.split('?', 1)[0]) {
    case '/healthz':
      response.end('{"status":"ok"}');
      return;
    case '/readyz': {
      const isReady = await pool.isReady();
      response.statusCode = isReady ? 200 : 503;
      response.end(JSON.stringify({ ready: isReady }));
      return;
    }
    case '/metrics': {
      const registry = AggregatorRegistry.aggregate((await pool.metrics()) as object[][]);
      response.setHeader('content-type', registry.contentType);
      response.end(await registry.metrics());
      return;
    }
    default:
      response.statusCode = 404;
      response.end(
        JSON.stringify({
          error: 'not_found',
          message: 'Only /healthz, /readyz and /metrics are served here.',
          request_id,
        } satisfies ErrorBody),
      );
  }
}
