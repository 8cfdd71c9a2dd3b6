import { DAY_MS, metricsQuerySchema, type MetricsQuery } from '@portico/contracts';
import type { z } from 'zod';

/** Without a time, the last day. */
export const summaryQuerySchema = metricsQuerySchema.partial({ from: true, to: true });
export type SummaryQuery = z.infer<typeof summaryQuerySchema>;

export function withTimes(query: SummaryQuery): MetricsQuery {
  const to = query.to ?? new Date().toISOString();
  const from = query.from ?? new Date(Date.parse(to) - DAY_MS).toISOString();
  return { ...query, from, to };
}
