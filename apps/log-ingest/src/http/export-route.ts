import { Readable } from 'node:stream';
import { logExportQuerySchema, type RequestLogEntry } from '@portico/contracts';
import type { FastifyInstance } from 'fastify';
import type { LogStore } from '../store/log-store.ts';
import { CSV_HEADER, toCsv } from './csv.ts';
import { FailureError } from './failures.ts';
import { refuseBackwards } from './query-routes.ts';

const CONTENT_TYPE = {
  ndjson: 'application/x-ndjson; charset=utf-8',
  csv: 'text/csv; charset=utf-8',
} as const;

/**
 * Everything a search finds, as a stream that is as fast as its reader. When the store fails half
 * way the connection breaks, so that no part of the evidence is taken for all of it.
 */
export function exportRoute(
  server: FastifyInstance,
  store: LogStore,
  { exportsMax }: { readonly exportsMax: number },
): void {
  let running = 0;
  server.get('/internal/v1/request-logs/export', async (request, reply) => {
    const { format, ...filter } = logExportQuerySchema.parse(request.query);
    refuseBackwards(filter.from, filter.to);
    if (running >= exportsMax) {
      throw new FailureError('too_many_requests', {
        message: `${exportsMax} exports are running already. Please try again later.`,
      });
    }
    running++;
    const rows = Readable.from(
      format === 'csv' ? csv(store.scan(filter)) : ndjson(store.scan(filter)),
    );
    rows.once('close', () => running--);
    return reply.type(CONTENT_TYPE[format]).send(rows);
  });
}

type Pages = AsyncIterable<readonly RequestLogEntry[]>;

async function* ndjson(pages: Pages): AsyncIterable<string> {
  for await (const page of pages) yield page.map((entry) => `${JSON.stringify(entry)}\n`).join('');
}

async function* csv(pages: Pages): AsyncIterable<string> {
  yield CSV_HEADER;
  for await (const page of pages) yield page.map(toCsv).join('');
}
