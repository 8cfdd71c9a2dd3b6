import { z } from 'zod';

/** Sliding window lengths a rate limit may have, in milliseconds. */
export const WINDOW_MS = {
  '1s': 1_000,
  '10s': 10_000,
  '1m': 60_000,
  '5m': 300_000,
  '1h': 3_600_000,
  '1d': 86_400_000,
} as const;

export type RateWindow = keyof typeof WINDOW_MS;
export const rateWindowSchema = z.enum(Object.keys(WINDOW_MS) as [RateWindow, ...RateWindow[]]);

/** Calendar periods of a quota: UTC, the week starts on Monday. */
export const quotaPeriodSchema = z.enum(['day', 'week', 'month']);
export type QuotaPeriod = z.infer<typeof quotaPeriodSchema>;

export const rateLimitSchema = z.strictObject({
  requests: z.int().min(1).max(1_000_000_000),
  window: rateWindowSchema,
});
export const quotaSchema = z.strictObject({
  requests: z.int().min(1).max(1_000_000_000_000),
  period: quotaPeriodSchema,
});

export type RateLimit = z.infer<typeof rateLimitSchema>;
export type Quota = z.infer<typeof quotaSchema>;

export const limitModeSchema = z.enum(['default', 'strict']);
export const onOutageSchema = z.enum(['share', 'open', 'closed']);
export type LimitMode = z.infer<typeof limitModeSchema>;
export type OnOutage = z.infer<typeof onOutageSchema>;
