import { z } from 'zod';

export const HEARTBEAT_FORMAT = 1;
/** A node beats this often, and at once when it has applied a revision. Milliseconds. */
export const HEARTBEAT_INTERVAL_MS = 1_000;
/** Three missed beats and the node counts as gone. Milliseconds. */
export const NODE_GONE_AFTER_MS = 3 * HEARTBEAT_INTERVAL_MS + 500;

/** A node says who it is, which revision it runs, and how it is. */
export const heartbeatSchema = z.strictObject({
  format: z.literal(HEARTBEAT_FORMAT),
  node: z.string().min(1).max(128),
  version: z.string(),
  revision: z.int(),
  /** ms between the revision's publication and its application here. */
  lag_ms: z.number(),
  /** True when the node runs from its disk copy, or refused a newer revision. */
  stale: z.boolean(),
  /** Why, when it is. */
  stale_reason: z.string().nullable(),
  draining: z.boolean(),
  started_at_ms: z.int(),
  sent_at_ms: z.int(),
  rps: z.number(),
  in_flight: z.int(),
  outbox_depth: z.int(),
  records_lost: z.int(),
});
export type Heartbeat = z.infer<typeof heartbeatSchema>;
