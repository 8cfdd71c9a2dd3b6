import { z } from 'zod';
import {
  clientIdSchema,
  collectionIdSchema,
  endpointIdSchema,
  policyIdSchema,
  profileIdSchema,
  upstreamCredentialIdSchema,
} from './ids.ts';
import { limitModeSchema, onOutageSchema, quotaSchema, rateLimitSchema } from './policy.ts';

/**
 * The compiled resources gateway nodes decide from: one per key of the config bucket. Strict on
 * purpose: a field a node does not know could be a restriction it would not enforce.
 */

export const HTTP_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'] as const;
export const methodSchema = z.enum(HTTP_METHODS);
export type Method = z.infer<typeof methodSchema>;

export const AUTH_TYPES = ['token', 'jwt', 'oidc', 'mtls', 'none'] as const;
export const authTypeSchema = z.enum(AUTH_TYPES);
export type AuthType = z.infer<typeof authTypeSchema>;

/** `production`, `sandbox`, or any other name of 1 to 40 of `a-z 0-9 _ -`. */
export const environmentSchema = z.string().regex(/^[a-z][a-z0-9_-]{0,39}$/);

/**
 * A secret sealed to the gateways' key: `v1.<key id>.<base64url iv>.<base64url ciphertext+tag>`,
 * AES-256-GCM. Only gateway nodes and the control plane hold the key.
 */
export const sealedSecretSchema = z
  .string()
  .regex(/^v1\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+$/);

const unixMs = z.int().min(0);
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/);

/** An injected upstream header. `value` may be `env:NAME`, resolved on the node. */
export const injectedHeaderSchema = z.strictObject({
  name: z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/),
  value: z
    .string()
    .max(4096)
    .regex(/^[\t\x20-\x7e\x80-\xff]*$/),
});

export const healthCheckSchema = z.strictObject({
  path: z.string().startsWith('/').max(2048),
  interval_ms: z.int().min(500).max(600_000).default(10_000),
  timeout_ms: z.int().min(100).max(60_000).default(2_000),
  healthy_threshold: z.int().min(1).max(20).default(1),
  unhealthy_threshold: z.int().min(1).max(20).default(3),
});

export const circuitBreakerSchema = z.strictObject({
  failure_threshold: z.int().min(1).max(1000).default(5),
  window_ms: z.int().min(1_000).max(600_000).default(10_000),
  open_ms: z.int().min(100).max(600_000).default(5_000),
});

export const upstreamTargetSchema = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  weight: z.int().min(0).max(1000).default(1),
});

export const upstreamSchema = z.strictObject({
  targets: z.array(upstreamTargetSchema).min(1).max(64),
  timeout_ms: z.int().min(1).max(600_000).default(30_000),
  connect_timeout_ms: z.int().min(1).max(60_000).default(3_000),
  retries: z.int().min(0).max(5).default(1),
  health_check: healthCheckSchema.optional(),
  circuit_breaker: circuitBreakerSchema.optional(),
  /** PEM bundle trusted for this upstream in place of the system's roots. */
  ca_pem: z.string().max(65_536).optional(),
});
export type Upstream = z.infer<typeof upstreamSchema>;

/** A typed parameter of an endpoint. `schema` holds only the keywords named here. */
export const parameterSchema = z.strictObject({
  name: z.string().min(1).max(128),
  in: z.enum(['path', 'query', 'header']),
  type: z.enum(['string', 'integer', 'number', 'boolean', 'array']),
  required: z.boolean().default(false),
  description: z.string().max(2000).optional(),
  /** Put in by the gateway when the parameter is absent (query only). */
  default: z.union([z.string(), z.number(), z.boolean()]).optional(),
  enum: z
    .array(z.union([z.string(), z.number()]))
    .min(1)
    .max(200)
    .optional(),
  format: z.enum(['date', 'date-time', 'uuid', 'email', 'uri', 'ipv4', 'ipv6']).optional(),
  pattern: z.string().max(500).optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
  min_length: z.int().min(0).optional(),
  max_length: z.int().min(0).optional(),
  /** For `array`: the type of the items, given as repeated query parameters. */
  items: z.enum(['string', 'integer', 'number', 'boolean']).optional(),
  example: z.union([z.string(), z.number(), z.boolean()]).optional(),
});
export type Parameter = z.infer<typeof parameterSchema>;

/** A JSON Schema (draft-07 or 2020-12), or `true`/`false`. Checked by compiling it. */
export const jsonSchemaSchema = z.union([z.boolean(), z.record(z.string(), z.unknown())]);
export type JsonSchema = z.infer<typeof jsonSchemaSchema>;

export const endpointStatusSchema = z.enum(['draft', 'published']);

/** `/orders/{order_id}` or `/files/*`: literal, `{param}` and one trailing `*` segments. */
export const pathTemplateSchema = z
  .string()
  .max(1024)
  .regex(/^\/(?:[^/?#\s]+(?:\/[^/?#\s]+)*)?$/);

export const snapshotEndpointSchema = z.strictObject({
  id: endpointIdSchema,
  name: z.string(),
  methods: z.array(methodSchema).min(1),
  path: pathTemplateSchema,
  /** Where it goes below the upstream's URL; same template syntax; absent = `path`. */
  target_path: pathTemplateSchema.optional(),
  parameters: z.array(parameterSchema),
  /** Only present where the gateway must check the body. */
  request_schema: jsonSchemaSchema.optional(),
  allowed_auth_types: z.array(authTypeSchema).min(1),
  headers: z.array(injectedHeaderSchema),
  credential_id: upstreamCredentialIdSchema.optional(),
  timeout_ms: z.int().min(1).max(600_000).optional(),
});
export type SnapshotEndpoint = z.infer<typeof snapshotEndpointSchema>;

/** How the gateway signs in at an upstream. Every secret is sealed (`sealedSecretSchema`). */
export const snapshotCredentialSchema = z.discriminatedUnion('type', [
  z.strictObject({
    id: upstreamCredentialIdSchema,
    type: z.literal('basic'),
    username: z.string(),
    password: sealedSecretSchema,
  }),
  z.strictObject({
    id: upstreamCredentialIdSchema,
    type: z.literal('api_key'),
    in: z.enum(['header', 'query']),
    name: z.string(),
    value: sealedSecretSchema,
  }),
  z.strictObject({
    id: upstreamCredentialIdSchema,
    type: z.literal('bearer'),
    token: sealedSecretSchema,
  }),
  z.strictObject({
    id: upstreamCredentialIdSchema,
    type: z.literal('oauth2_client_credentials'),
    token_url: z.url({ protocol: /^https?$/ }),
    client_id: z.string(),
    client_secret: sealedSecretSchema,
    scope: z.string().optional(),
    audience: z.string().optional(),
  }),
  z.strictObject({
    id: upstreamCredentialIdSchema,
    type: z.literal('mtls'),
    certificate_pem: z.string(),
    private_key_pem: sealedSecretSchema,
    ca_pem: z.string().optional(),
  }),
]);
export type SnapshotCredential = z.infer<typeof snapshotCredentialSchema>;

export const corsSchema = z.strictObject({
  allowed_origins: z.array(z.string()).min(1).max(100),
  allowed_headers: z.array(z.string()).max(100).default([]),
  exposed_headers: z.array(z.string()).max(100).default([]),
  allow_credentials: z.boolean().default(false),
  max_age_seconds: z.int().min(0).max(86_400).default(600),
});

export const logBodiesSchema = z.enum(['none', 'errors', 'all']);

/** A published collection with its published endpoints. Drafts are never in a snapshot. */
export const snapshotCollectionSchema = z.strictObject({
  id: collectionIdSchema,
  name: z.string(),
  base_path: pathTemplateSchema,
  upstreams: z.record(environmentSchema, upstreamSchema),
  headers: z.array(injectedHeaderSchema),
  credential_id: upstreamCredentialIdSchema.optional(),
  credentials: z.array(snapshotCredentialSchema),
  cors: corsSchema.optional(),
  log_bodies: logBodiesSchema,
  /** Field names, JSON paths (`$.card.number`) or header names whose values never leave the node. */
  redact: z.array(z.string()).max(100),
  retention_days: z.int().min(1).max(3650),
  endpoints: z.array(snapshotEndpointSchema),
});
export type SnapshotCollection = z.infer<typeof snapshotCollectionSchema>;

export const jwtAlgorithmSchema = z.enum([
  'HS256',
  'HS384',
  'HS512',
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
]);
export type JwtAlgorithm = z.infer<typeof jwtAlgorithmSchema>;

/** What proves that a caller is this profile. Digests and public material; HMAC secrets are sealed. */
export const snapshotAuthSchema = z.discriminatedUnion('type', [
  z.strictObject({
    type: z.literal('token'),
    /** SHA-256 of the whole token text; more than one during the grace period of a rotation. */
    tokens: z.array(z.strictObject({ sha256: sha256Hex, expires_at_ms: unixMs.optional() })).max(4),
  }),
  z.strictObject({
    type: z.literal('jwt'),
    algorithms: z.array(jwtAlgorithmSchema).min(1),
    issuer: z.string().optional(),
    audience: z.string().optional(),
    max_lifetime_seconds: z.int().min(1).max(31_536_000),
    clock_skew_seconds: z.int().min(0).max(600),
    hmac_secrets: z
      .array(z.strictObject({ sealed: sealedSecretSchema, expires_at_ms: unixMs.optional() }))
      .max(4),
    /** SPKI PEM or JWK (as JSON text), each with an optional `kid`. */
    public_keys: z.array(z.strictObject({ kid: z.string().optional(), key: z.string() })).max(20),
  }),
  z.strictObject({
    type: z.literal('oidc'),
    issuer: z.url({ protocol: /^https?$/ }),
    audience: z.string(),
    jwks_uri: z.url({ protocol: /^https?$/ }).optional(),
    required_claims: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    required_scopes: z.array(z.string()),
    clock_skew_seconds: z.int().min(0).max(600),
  }),
  z.strictObject({
    type: z.literal('mtls'),
    /** SHA-256 of the DER certificate, lower-case hex. */
    pins: z.array(z.strictObject({ sha256: sha256Hex, not_after_ms: unixMs })).max(20),
    ca_pem: z.string().optional(),
    /** Required with `ca_pem`: the subject's common name, or a DNS/URI subject alternative name. */
    subject: z.string().optional(),
  }),
  z.strictObject({ type: z.literal('none') }),
]);
export type SnapshotAuth = z.infer<typeof snapshotAuthSchema>;

export const snapshotProfileSchema = z.strictObject({
  id: profileIdSchema,
  name: z.string(),
  environment: environmentSchema,
  active: z.boolean(),
  auth: snapshotAuthSchema,
  /** Empty = every method. */
  allowed_methods: z.array(methodSchema),
  /** CIDR blocks, v4 or v6. Empty = any address. */
  allowed_ips: z.array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()])),
  /** Set = counted apart from the client, by this policy. */
  policy_id: policyIdSchema.optional(),
});
export type SnapshotProfile = z.infer<typeof snapshotProfileSchema>;

export const snapshotClientSchema = z.strictObject({
  id: clientIdSchema,
  name: z.string(),
  active: z.boolean(),
  collections: z.array(collectionIdSchema),
  policy_id: policyIdSchema.optional(),
  profiles: z.array(snapshotProfileSchema),
});
export type SnapshotClient = z.infer<typeof snapshotClientSchema>;

export const snapshotPolicySchema = z.strictObject({
  id: policyIdSchema,
  name: z.string(),
  /** Inactive = unlimited; usage is still counted. */
  active: z.boolean(),
  rate_limits: z.array(rateLimitSchema).max(6),
  quota: quotaSchema.nullable(),
  mode: limitModeSchema,
  on_outage: onOutageSchema,
});
export type SnapshotPolicy = z.infer<typeof snapshotPolicySchema>;

/** Everything a node decides from, at one revision. */
export interface ConfigSnapshot {
  readonly revision: number;
  readonly collections: readonly SnapshotCollection[];
  readonly clients: readonly SnapshotClient[];
  readonly policies: readonly SnapshotPolicy[];
}
