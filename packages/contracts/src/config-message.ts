import { z } from 'zod';
import {
  snapshotClientSchema,
  snapshotCollectionSchema,
  snapshotPolicySchema,
} from './snapshot.ts';

/** Raised whenever the meaning of a compiled resource changes; nodes keep their last good state. */
export const CONFIG_FORMAT = 1;

/** `collection.<id>` `client.<id>` `policy.<id>` `meta`. */
export const configKeySchema = z
  .string()
  .regex(/^(?:(?:collection|client|policy)\.[a-z0-9_]+|meta)$/);

/**
 * One value of the config bucket. `body` is JSON text, signed as it stands, so no canonical form is
 * needed; `null` means the resource is gone. A revision is its resource messages followed by one
 * `meta` message with `last: true`; a node applies them together or not at all.
 */
export const configMessageSchema = z.strictObject({
  format: z.int(),
  key: configKeySchema,
  revision: z.int().min(0),
  last: z.boolean(),
  body: z.string().nullable(),
  /** Ed25519 over `signedBytes(message)`, base64; absent only when no signing key is configured. */
  signature: z.string().optional(),
});
export type ConfigMessage = z.infer<typeof configMessageSchema>;

/** Body of the `meta` key. */
export const configMetaSchema = z.strictObject({
  format: z.int(),
  revision: z.int().min(0),
  /** Digest of every (key, body) pair in force; see messaging's `ConfigDigest`. Lower-case hex. */
  digest: z.string().regex(/^[0-9a-f]{64}$/),
  keys: z.int().min(0),
  published_at: z.iso.datetime(),
});
export type ConfigMeta = z.infer<typeof configMetaSchema>;

/** What the signature covers: every field but itself, in one fixed order. */
export const signedText = (message: ConfigMessage): string =>
  [
    message.format,
    message.key,
    message.revision,
    message.last,
    message.body === null ? 'gone' : 'body',
    message.body ?? '',
  ].join('\n');

export const RESOURCE_SCHEMA = {
  collection: snapshotCollectionSchema,
  client: snapshotClientSchema,
  policy: snapshotPolicySchema,
} as const;
export type ConfigResourceKind = keyof typeof RESOURCE_SCHEMA;
