import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigurationError, parseEnv, resolveDataDir } from '@portico/telemetry';
import { nodeKeys } from './node-keys.ts';
import type { NodeKeys } from './node-keys.ts';

const port = z.coerce.number().int().min(0).max(65_535);
const ms = (preset: number) => z.coerce.number().int().min(1).max(86_400_000).default(preset);
const count = (preset: number, max = 10_000_000) =>
  z.coerce.number().int().min(1).max(max).default(preset);
const bytes = (preset: number) =>
  z.coerce
    .number()
    .int()
    .min(1)
    .max(2 ** 40)
    .default(preset);

const KiB = 1024;
const MiB = 1024 * KiB;

const environment = z.object({
  NODE_ID: z
    .string()
    .regex(/^[A-Za-z0-9._-]{1,100}$/)
    .optional(),
  GATEWAY_HOST: z.string().min(1).default('127.0.0.1'),
  GATEWAY_PORT: port.default(8080),
  /** `off` serves plain HTTP only. */
  GATEWAY_TLS_PORT: z.union([z.literal('off'), port]).default(8443),
  GATEWAY_TLS_CERT: z.string().optional(),
  GATEWAY_TLS_KEY: z.string().optional(),
  GATEWAY_ADMIN_HOST: z.string().min(1).optional(),
  GATEWAY_ADMIN_PORT: port.default(8081),
  GATEWAY_WORKERS: count(1, 256),
  PORTICO_DATA_DIR: z.string().min(1).default('.portico'),
  INIT_CWD: z.string().optional(),
  SNAPSHOT_CACHE_DIR: z.string().min(1).optional(),
  NATS_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  /** Where quotas are seeded from and compared with; without one their counters stand alone. */
  LOG_INGEST_URL: z.url({ protocol: /^https?$/ }).optional(),
  LOG_INGEST_TOKEN: z.string().min(16).optional(),
  TRUSTED_PROXIES: z.string().default(''),
  PORTICO_ENCRYPTION_KEY: z.string().optional(),
  PORTICO_ENCRYPTION_KEY_PREVIOUS: z.string().min(16).optional(),
  PORTICO_GATEWAY_KEY: z.string().optional(),
  PORTICO_GATEWAY_KEY_PREVIOUS: z.string().optional(),
  PORTICO_CONFIG_PUBLIC_KEY: z.string().optional(),
  PORTICO_CONFIG_PUBLIC_KEY_PREVIOUS: z.string().optional(),
  OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal']).default('info'),
  DRAIN_TIMEOUT_MS: ms(25_000),
  DRAIN_GRACE_MS: z.coerce.number().int().min(0).max(60_000).default(500),
  MAX_HEAD_BYTES: bytes(16 * KiB),
  MAX_HEADER_COUNT: count(100, 1_000),
  MAX_URL_BYTES: bytes(8 * KiB),
  MAX_BODY_BYTES: bytes(100 * MiB),
  MAX_CHECKED_BODY_BYTES: bytes(1 * MiB),
  MAX_CONNECTIONS: count(20_000),
  MAX_UPSTREAM_CONNECTIONS: count(512, 65_535),
  MAX_HEAD_MS: ms(10_000),
  MAX_REQUEST_MS: ms(300_000),
  MAX_BODY_IDLE_MS: ms(30_000),
  MAX_KEEP_ALIVE_MS: ms(75_000),
  MAX_LIMIT_WAIT_MS: ms(25),
  MAX_KEY_WAIT_MS: ms(2_000),
  MAX_STREAM_IDLE_MS: ms(600_000),
  MAX_EXCHANGE_MS: ms(3_600_000),
  MAX_CAPTURED_BODY_BYTES: bytes(16 * KiB),
  MAX_OUTBOX_BYTES: bytes(64 * MiB),
  MAX_SPILL_BYTES: bytes(1024 * MiB),
  MAX_JOURNAL_BYTES: bytes(64 * MiB),
  MAX_FAILED_CREDENTIALS: count(100),
  FAILED_CREDENTIAL_WINDOW_MS: ms(60_000),
  FAILED_CREDENTIAL_DELAY_MS: ms(500),
});
type Environment = z.infer<typeof environment>;

/** Never given to an upstream: whoever may edit a collection must not be able to read our secrets. */
const OUR_OWN =
  /^(?:PORTICO_|GATEWAY_|LOG_|OTEL_|DATABASE_URL|NATS_URL|REDIS_URL|RESEND_|SMTP_|MAIL_)/;

export interface GatewayConfig {
  readonly nodeId: string;
  readonly version: string;
  readonly host: string;
  readonly httpPort: number;
  /** `null` = plain HTTP only. */
  readonly tlsPort: number | null;
  readonly tlsFiles: { readonly cert: string; readonly key: string } | null;
  readonly adminHost: string;
  readonly adminPort: number;
  readonly workers: number;
  readonly dataDir: string;
  readonly snapshotCacheDir: string;
  readonly natsUrl: string | undefined;
  readonly redisUrl: string | undefined;
  /** Log-ingest's usage ledger; `null` = quota counters stand alone. */
  readonly ledger: { readonly url: string; readonly token: string } | null;
  readonly trustedProxies: readonly string[];
  readonly keys: NodeKeys['keys'];
  readonly configPublicKeys: NodeKeys['configPublicKeys'];
  readonly otlpEndpoint: string | undefined;
  readonly logLevel: Environment['LOG_LEVEL'];
  readonly drainTimeoutMs: number;
  /** How long a stopping node still takes requests, each answered with `Connection: close`. */
  readonly drainGraceMs: number;
  /** Values for `env:NAME` headers: read here, because nothing else reads the environment. */
  readonly variable: (name: string) => string | undefined;
  readonly limits: Limits;
}

/** A limit on everything a caller, an upstream or an outage could make grow. */
export interface Limits {
  readonly headBytesMax: number;
  readonly headerCountMax: number;
  readonly urlBytesMax: number;
  readonly bodyBytesMax: number;
  /** A body is held up to this size where a request schema must be checked. */
  readonly checkedBodyBytesMax: number;
  readonly connectionsMax: number;
  /** Per upstream target. */
  readonly upstreamConnectionsMax: number;
  readonly headTimeoutMs: number;
  /** From the first byte of a request to the last byte of its body. */
  readonly requestTimeoutMs: number;
  /** Silence of a caller in the middle of its body, or while it does not read our answer. */
  readonly bodyIdleMs: number;
  readonly keepAliveMs: number;
  readonly limitWaitMs: number;
  readonly keyWaitMs: number;
  /** Silence on an event stream or a WebSocket. */
  readonly streamIdleMs: number;
  /** One exchange, start to end; WebSockets are exempt. */
  readonly exchangeMs: number;
  readonly capturedBodyBytesMax: number;
  readonly outboxBytesMax: number;
  readonly spillBytesMax: number;
  readonly journalBytesMax: number;
  readonly failedCredentialsMax: number;
  readonly failedCredentialWindowMs: number;
  readonly failedCredentialDelayMs: number;
}

/** Reads the whole environment of a gateway; throws one error that lists every problem. */
export function loadGatewayConfig(env: NodeJS.ProcessEnv): GatewayConfig {
  const given = parseEnv(environment, env);
  if ((given.GATEWAY_TLS_CERT === undefined) !== (given.GATEWAY_TLS_KEY === undefined)) {
    throw new ConfigurationError(['GATEWAY_TLS_CERT, GATEWAY_TLS_KEY: set both or neither']);
  }
  if (given.GATEWAY_WORKERS > 1 && given.REDIS_URL === undefined) {
    // Each worker counts for itself; only the shared authority makes their limits one limit.
    throw new ConfigurationError(['REDIS_URL: needed when GATEWAY_WORKERS is more than 1']);
  }
  const dataDir = resolveDataDir(env, process.cwd());
  const host = given.GATEWAY_HOST;
  const { keys, configPublicKeys, logIngestToken } = nodeKeys(given, dataDir);
  return Object.freeze({
    nodeId: given.NODE_ID ?? `${nodeName()}-${randomBytes(3).toString('hex')}`,
    version: '0.1.0',
    host,
    httpPort: given.GATEWAY_PORT,
    tlsPort: given.GATEWAY_TLS_PORT === 'off' ? null : given.GATEWAY_TLS_PORT,
    tlsFiles: tlsFilesOf(given),
    adminHost: given.GATEWAY_ADMIN_HOST ?? host,
    adminPort: given.GATEWAY_ADMIN_PORT,
    workers: given.GATEWAY_WORKERS,
    dataDir,
    snapshotCacheDir:
      given.SNAPSHOT_CACHE_DIR === undefined
        ? join(dataDir, `gateway-${given.GATEWAY_PORT}`)
        : absolute(given.SNAPSHOT_CACHE_DIR, given.INIT_CWD),
    natsUrl: given.NATS_URL,
    redisUrl: given.REDIS_URL,
    trustedProxies: listOf(given.TRUSTED_PROXIES),
    keys,
    configPublicKeys,
    ledger: ledgerOf(given, logIngestToken),
    otlpEndpoint: given.OTEL_EXPORTER_OTLP_ENDPOINT,
    logLevel: given.LOG_LEVEL,
    drainTimeoutMs: given.DRAIN_TIMEOUT_MS,
    drainGraceMs: given.DRAIN_GRACE_MS,
    variable: (name: string) => (OUR_OWN.test(name) ? undefined : env[name]),
    limits: limitsOf(given),
  });
}

const absolute = (path: string, base: string | undefined): string =>
  isAbsolute(path) ? path : resolve(base ?? process.cwd(), path);

const nodeName = (): string =>
  hostname()
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 60);

const listOf = (text: string): readonly string[] =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter((entry) => entry !== '');

const tlsFilesOf = (given: Environment): GatewayConfig['tlsFiles'] =>
  given.GATEWAY_TLS_CERT === undefined || given.GATEWAY_TLS_KEY === undefined
    ? null
    : { cert: given.GATEWAY_TLS_CERT, key: given.GATEWAY_TLS_KEY };

const ledgerOf = (given: Environment, token: string | undefined): GatewayConfig['ledger'] =>
  given.LOG_INGEST_URL === undefined || token === undefined
    ? null
    : { url: given.LOG_INGEST_URL, token };

const limitsOf = (given: Environment): Limits => ({
  headBytesMax: given.MAX_HEAD_BYTES,
  headerCountMax: given.MAX_HEADER_COUNT,
  urlBytesMax: given.MAX_URL_BYTES,
  bodyBytesMax: given.MAX_BODY_BYTES,
  checkedBodyBytesMax: Math.min(given.MAX_CHECKED_BODY_BYTES, given.MAX_BODY_BYTES),
  connectionsMax: given.MAX_CONNECTIONS,
  upstreamConnectionsMax: given.MAX_UPSTREAM_CONNECTIONS,
  headTimeoutMs: given.MAX_HEAD_MS,
  requestTimeoutMs: given.MAX_REQUEST_MS,
  bodyIdleMs: given.MAX_BODY_IDLE_MS,
  keepAliveMs: given.MAX_KEEP_ALIVE_MS,
  limitWaitMs: given.MAX_LIMIT_WAIT_MS,
  keyWaitMs: given.MAX_KEY_WAIT_MS,
  streamIdleMs: given.MAX_STREAM_IDLE_MS,
  exchangeMs: given.MAX_EXCHANGE_MS,
  capturedBodyBytesMax: given.MAX_CAPTURED_BODY_BYTES,
  outboxBytesMax: given.MAX_OUTBOX_BYTES,
  spillBytesMax: given.MAX_SPILL_BYTES,
  journalBytesMax: given.MAX_JOURNAL_BYTES,
  failedCredentialsMax: given.MAX_FAILED_CREDENTIALS,
  failedCredentialWindowMs: given.FAILED_CREDENTIAL_WINDOW_MS,
  failedCredentialDelayMs: given.FAILED_CREDENTIAL_DELAY_MS,
});

/** For a gateway that is a process of its own: it cannot follow anything without a NATS server. */
export function loadProcessConfig(): GatewayConfig & { readonly natsUrl: string } {
  const config = loadGatewayConfig(process.env);
  if (config.natsUrl === undefined) {
    throw new ConfigurationError([
      'NATS_URL: a gateway process needs one (only standalone embeds it)',
    ]);
  }
  return { ...config, natsUrl: config.natsUrl };
}
