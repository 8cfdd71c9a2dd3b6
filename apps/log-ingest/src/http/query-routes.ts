import {
  logSearchQuerySchema,
  metricsQuerySchema,
  usageQuerySchema,
  usageTotalsQuerySchema,
  type MetricsQuery,
} from '@portico/contracts';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { LogStore } from '../store/log-store.ts';
import { FailureError } from './failures.ts';

const HOUR_MS = 3_600_000;
/** Minutes are counted from the records themselves, hours and days from counts. */
const RANGE_MAX_MS = {
  '1m': 6 * HOUR_MS,
  '5m': 24 * HOUR_MS,
  '1h': 62 * 24 * HOUR_MS,
  '1d': 1_100 * 24 * HOUR_MS,
} as const;

const oneRecordSchema = z.strictObject({ client_id: z.string().optional() });
/** Ids as callers may choose them; what looks otherwise names nothing. */
const idSchema = z.string().regex(/^[\x21-\x7e]{1,128}$/);
const emptySchema = z.strictObject({});

export function queryRoutes(server: FastifyInstance, store: LogStore): void {
  server.get('/internal/v1/request-logs', async (request) => {
    const query = logSearchQuerySchema.parse(request.query);
    refuseBackwards(query.from, query.to);
    return store.search(query);
  });
  server.get('/internal/v1/request-logs/:request_id', async (request) => {
    const requestId = idIn(request.params, 'request_id');
    const { client_id: clientId } = oneRecordSchema.parse(request.query);
    const record = await store.get(requestId, clientId);
    if (record === undefined) throw new FailureError('not_found');
    return record;
  });
  server.get('/internal/v1/metrics/summary', async (request) => {
    const query = metricsQuerySchema.parse(request.query);
    refuseUnbounded(query);
    return store.aggregate(query);
  });
  server.get('/internal/v1/usage', async (request) => {
    const query = usageQuerySchema.parse(request.query);
    refuseBackwards(query.from, query.to);
    return { data: await store.usage(query) };
  });
  server.get('/internal/v1/usage/totals', async (request) => {
    const query = usageTotalsQuerySchema.parse(request.query);
    refuseBackwards(query.from, query.to);
    return { data: await store.usageTotals(query) };
  });
  server.delete('/internal/v1/clients/:client_id/records', async (request) => {
    const clientId = idIn(request.params, 'client_id');
    emptySchema.parse(request.query);
    return { erased: await store.erase(clientId) };
  });
}

function idIn(params: unknown, name: 'request_id' | 'client_id'): string {
  const id = idSchema.safeParse((params as Record<string, unknown>)[name]);
  if (!id.success) throw new FailureError('not_found');
  return id.data;
}

export function refuseBackwards(from: string | undefined, to: string | undefined): void {
  if (from === undefined || to === undefined || Date.parse(from) <= Date.parse(to)) return;
  throw new FailureError('validation_failed', {
    details: [{ path: 'query.to', message: 'must not be before from' }],
  });
}

function refuseUnbounded({ from, to, interval }: MetricsQuery): void {
  refuseBackwards(from, to);
  const longestMs = RANGE_MAX_MS[interval];
  if (Date.parse(to) - Date.parse(from) <= longestMs) return;
  throw new FailureError('validation_failed', {
    details: [
      {
        path: 'query.interval',
        message: `${interval} allows ranges of at most ${longestMs / HOUR_MS} hours`,
      },
    ],
  });
}
