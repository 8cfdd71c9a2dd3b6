import { z } from 'zod';

export const USAGE_FORMAT = 1;

/** A limiter counts per scope: `client:<id>`, or `profile:<id>` where the profile has its own policy. */
export const usageScope = (kind: 'client' | 'profile', id: string): string => `${kind}:${id}`;

/** Admitted calls since the last delta, on a durable stream of their own: never shed. */
export const usageDeltaSchema = z.strictObject({
  format: z.literal(USAGE_FORMAT),
  node: z.string(),
  /** One more per delta of this node process; with `epoch` it makes the delta apply once. */
  sequence: z.int(),
  /** Unix ms at which the node process started. */
  epoch: z.int(),
  counts: z.array(
    z.strictObject({
      client_id: z.string(),
      profile_id: z.string(),
      /** UTC day, `2026-11-21`. */
      day: z.iso.date(),
      admitted: z.int().min(0),
      /**
       * True where the profile had a policy of its own at the moment of the calls: they count against
       * that, not against the client's. Absent = false.
       */
      apart: z.boolean().optional(),
    }),
  ),
});
export type UsageDelta = z.infer<typeof usageDeltaSchema>;

/** A hint that little is left, so that other nodes stop speculating. Core NATS; losing it is harmless. */
export const pressureHintSchema = z.strictObject({
  format: z.literal(USAGE_FORMAT),
  node: z.string(),
  scope: z.string(),
  remaining: z.int(),
});
export type PressureHint = z.infer<typeof pressureHintSchema>;

/** Where one limit stands, as enforced by the node or authority that was asked. */
export const limitStateSchema = z.strictObject({
  /** `1m` … for a rate limit, `month` … for the quota. */
  name: z.string(),
  kind: z.enum(['rate', 'quota']),
  limit: z.int(),
  used: z.int(),
  remaining: z.int(),
  /** Unix ms at which the whole limit is free again if nothing more is used. */
  resets_at_ms: z.int(),
});
export type LimitState = z.infer<typeof limitStateSchema>;

/** Answer to a usage question on `portico.usage.query`: what this node has counted. */
export const usageReportSchema = z.strictObject({
  format: z.literal(USAGE_FORMAT),
  node: z.string(),
  scope: z.string(),
  limits: z.array(limitStateSchema),
  /** True when `limits` is what the shared authority says, not this node's own part. */
  authoritative: z.boolean(),
  /**
   * True where the shared authority is silent and `limits` is its last word: other nodes report the
   * same figures again, not further parts of them. Absent = false.
   */
  last_heard: z.boolean().optional(),
  /** Unix ms at which `limits` was true. */
  as_of_ms: z.int(),
});
export type UsageReport = z.infer<typeof usageReportSchema>;
