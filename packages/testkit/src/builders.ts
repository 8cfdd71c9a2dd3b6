import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import {
  snapshotClientSchema,
  snapshotCollectionSchema,
  snapshotEndpointSchema,
  snapshotPolicySchema,
  snapshotProfileSchema,
  type SnapshotClient,
  type SnapshotCollection,
  type SnapshotEndpoint,
  type SnapshotPolicy,
  type SnapshotProfile,
} from '@portico/contracts';

const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/**
 * Valid snapshot resources with the least said; spread what a test is about over them. Plain
 * strings may stand for branded ids, and each result has passed its contract schema.
 */
export const anEndpoint = (over: Partial<Plain<SnapshotEndpoint>> = {}): SnapshotEndpoint =>
  snapshotEndpointSchema.parse({
    id: 'ep_list_orders',
    name: 'List orders',
    methods: ['GET'],
    path: '/orders',
    parameters: [],
    allowed_auth_types: ['token', 'jwt', 'oidc', 'mtls', 'none'],
    headers: [],
    ...over,
  });

export const aCollection = (over: Partial<Plain<SnapshotCollection>> = {}): SnapshotCollection =>
  snapshotCollectionSchema.parse({
    id: 'coll_orders',
    name: 'Orders',
    base_path: '/v1',
    upstreams: {
      production: { targets: [{ url: 'http://127.0.0.1:9' }] },
      sandbox: { targets: [{ url: 'http://127.0.0.1:9' }] },
    },
    headers: [],
    credentials: [],
    log_bodies: 'none',
    redact: [],
    retention_days: 90,
    endpoints: [anEndpoint()],
    ...over,
  });

/** The token `aProfile()` accepts. */
export const TEST_TOKEN = aToken('test');

export const aProfile = (over: Partial<Plain<SnapshotProfile>> = {}): SnapshotProfile =>
  snapshotProfileSchema.parse({
    id: 'pr_default',
    name: 'default',
    environment: 'production',
    active: true,
    auth: { type: 'token', tokens: [{ sha256: sha256(TEST_TOKEN) }] },
    allowed_methods: [],
    allowed_ips: [],
    ...over,
  });

export const aClient = (over: Partial<Plain<SnapshotClient>> = {}): SnapshotClient =>
  snapshotClientSchema.parse({
    id: 'cl_acme',
    name: 'Acme Corp',
    active: true,
    collections: ['coll_orders'],
    profiles: [aProfile()],
    ...over,
  });

export const aPolicy = (over: Partial<Plain<SnapshotPolicy>> = {}): SnapshotPolicy =>
  snapshotPolicySchema.parse({
    id: 'pol_standard',
    name: 'Standard',
    active: true,
    rate_limits: [{ requests: 100, window: '1m' }],
    quota: null,
    mode: 'default',
    on_outage: 'share',
    ...over,
  });

/** A well-formed token that depends on `seed` alone: `portico_tok_`, 34 characters, checksum. */
export function aToken(seed: string): string {
  const digest = createHash('sha512').update(seed).digest();
  const random = Array.from(digest.subarray(0, 34), (byte) => BASE62[byte % 62]).join('');
  const body = `portico_tok_${random}`;
  return body + base62(crc32(body)).padStart(6, '0');
}

/** What a snapshot holds of a token. */
export const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

function base62(value: number): string {
  const last = BASE62.charAt(value % 62);
  return value < 62 ? last : base62(Math.floor(value / 62)) + last;
}

/** Without brands and without `readonly`, at every depth: what one writes in a test. */
type Plain<T> = T extends string
  ? string
  : T extends readonly (infer Item)[]
    ? Plain<Item>[]
    : T extends object
      ? { [Key in keyof T]: Plain<T[Key]> }
      : T;
