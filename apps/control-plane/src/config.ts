import { isIP } from 'node:net';
import { loadMasterKey } from '@portico/messaging';
import {
  ConfigurationError,
  LOG_LEVELS,
  parseEnv,
  resolveDataDir,
  type Env,
  type LogLevel,
} from '@portico/telemetry';
import { z } from 'zod';
import { heldKeys, type WithPrevious } from './vault/held-keys.ts';

export interface ControlPlaneConfig extends WithPrevious {
  readonly host: string;
  readonly port: number;
  readonly dataDir: string;
  readonly logLevel: LogLevel;
  readonly database: { readonly url: string; readonly poolMax: number };
  readonly natsUrl: string | null;
  readonly redisUrl: string | null;
  readonly logIngestUrl: string;
  /** How long the log store may take to answer, ms. */
  readonly logIngestTimeoutMs: number;
  /** Public addresses, without a trailing slash: what mails and curls say. */
  readonly portalUrl: string;
  readonly gatewayUrl: string;
  readonly gatewayTlsUrl: string;
  /** Addresses or CIDR blocks whose `X-Forwarded-For` is believed. */
  readonly trustedProxies: readonly string[];
  readonly adminApiKey: string | null;
  readonly adminEmail: string | null;
  readonly mail: {
    readonly resendApiKey: string | null;
    readonly smtpUrl: string | null;
    readonly from: string;
    /** Mails are kept and shown at `/dev/mail` in place of being sent; standalone only. */
    readonly isDevMailbox: boolean;
  };
  readonly webApps: { readonly portalDir: string | null; readonly consoleDir: string | null };
  readonly limits: {
    /** Largest request body, bytes. */
    readonly bodyBytesMax: number;
    /** Longest `Prefer: wait`, seconds. */
    readonly waitSecondsMax: number;
  };
  readonly publishing: {
    /** Looks for unpublished revisions even if no notification came, ms. */
    readonly tickMs: number;
    /** Compares bucket and database, ms. */
    readonly reconcileMs: number;
  };
  /** Everything else as given, for parts that read settings of their own. */
  readonly env: Env;
}

const port = (value: number) => z.coerce.number().int().min(0).max(65_535).default(value);
const httpUrl = () =>
  z
    .url({ protocol: /^https?$/, error: 'must be an http or https URL' })
    .transform((url) => url.replace(/\/+$/, ''));
const millis = (value: number) => z.coerce.number().int().min(10).max(3_600_000).default(value);

const trustedProxies = z
  .string()
  .default('')
  .transform((text) => text.split(/[\s,]+/).filter(Boolean))
  .refine((list) => list.every(isAddressOrBlock), 'must be a list of IP addresses or CIDR blocks');

const secret = z.string().min(16, 'must have at least 16 characters').optional();

const schema = z.object({
  CONTROL_PLANE_HOST: z.string().default('127.0.0.1'),
  CONTROL_PLANE_PORT: port(3000),
  DATABASE_URL: z.url({ protocol: /^postgres(?:ql)?$/, error: 'is required: a postgres:// URL' }),
  DATABASE_POOL_MAX: z.coerce.number().int().min(4).max(200).default(20),
  NATS_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  LOG_INGEST_URL: httpUrl().default('http://127.0.0.1:3001'),
  LOG_INGEST_TIMEOUT_MS: millis(10_000),
  LOG_INGEST_TOKEN: z.string().min(16).optional(),
  PORTAL_URL: httpUrl().optional(),
  GATEWAY_URL: httpUrl().default('http://127.0.0.1:8080'),
  GATEWAY_TLS_URL: httpUrl().optional(),
  GATEWAY_TLS_PORT: port(8443),
  TRUSTED_PROXIES: trustedProxies,
  PORTICO_ADMIN_API_KEY: secret,
  PORTICO_ADMIN_EMAIL: z.email().toLowerCase().optional(),
  PORTICO_ENCRYPTION_KEY: secret,
  PORTICO_ENCRYPTION_KEY_PREVIOUS: secret,
  RESEND_API_KEY: z.string().optional(),
  SMTP_URL: z.string().optional(),
  MAIL_FROM: z.string().default('Portico <portico@localhost>'),
  PORTICO_DEV_MAILBOX: z.enum(['true', 'false']).default('false'),
  PORTAL_ASSETS_DIR: z.string().optional(),
  CONSOLE_ASSETS_DIR: z.string().optional(),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
  MAX_BODY_BYTES: z.coerce.number().int().min(1_024).max(100_000_000).default(5_000_000),
  MAX_WAIT_SECONDS: z.coerce.number().int().min(1).max(300).default(30),
  PUBLISH_TICK_MS: millis(2_000),
  RECONCILE_MS: millis(300_000),
});

/** Throws one error that lists every problem; opens no port and no connection. */
export function loadControlPlaneConfig(env: Env): ControlPlaneConfig {
  const values = parseEnv(schema, env);
  const dataDir = resolveDataDir(env, process.cwd());
  return {
    host: values.CONTROL_PLANE_HOST,
    port: values.CONTROL_PLANE_PORT,
    dataDir,
    logLevel: values.LOG_LEVEL,
    database: { url: values.DATABASE_URL, poolMax: values.DATABASE_POOL_MAX },
    natsUrl: values.NATS_URL ?? null,
    redisUrl: values.REDIS_URL ?? null,
    logIngestUrl: values.LOG_INGEST_URL,
    logIngestTimeoutMs: values.LOG_INGEST_TIMEOUT_MS,
    ...publicAddresses(values),
    trustedProxies: values.TRUSTED_PROXIES,
    adminApiKey: values.PORTICO_ADMIN_API_KEY ?? null,
    adminEmail: values.PORTICO_ADMIN_EMAIL ?? null,
    ...keysOf(values, dataDir),
    mail: {
      resendApiKey: values.RESEND_API_KEY ?? null,
      smtpUrl: values.SMTP_URL ?? null,
      from: values.MAIL_FROM,
      isDevMailbox: values.PORTICO_DEV_MAILBOX === 'true',
    },
    webApps: {
      portalDir: values.PORTAL_ASSETS_DIR ?? null,
      consoleDir: values.CONSOLE_ASSETS_DIR ?? null,
    },
    limits: { bodyBytesMax: values.MAX_BODY_BYTES, waitSecondsMax: values.MAX_WAIT_SECONDS },
    publishing: { tickMs: values.PUBLISH_TICK_MS, reconcileMs: values.RECONCILE_MS },
    env,
  };
}

/** NATS is embedded only where all services share a process; on its own this one needs a server. */
export function requireNatsUrl(config: ControlPlaneConfig): string {
  if (config.natsUrl !== null) return config.natsUrl;
  throw new ConfigurationError(['NATS_URL: is required when services run as separate processes']);
}

function publicAddresses(values: z.infer<typeof schema>) {
  const gateway = new URL(values.GATEWAY_URL);
  const tlsPort = gateway.protocol === 'https:' ? gateway.port : String(values.GATEWAY_TLS_PORT);
  return {
    portalUrl: values.PORTAL_URL ?? `http://127.0.0.1:${values.CONTROL_PLANE_PORT}`,
    gatewayUrl: values.GATEWAY_URL,
    gatewayTlsUrl:
      values.GATEWAY_TLS_URL ?? `https://${gateway.hostname}${tlsPort ? `:${tlsPort}` : ''}`,
  };
}

function keysOf(values: z.infer<typeof schema>, dataDir: string): WithPrevious {
  const { PORTICO_ENCRYPTION_KEY: secret, PORTICO_ENCRYPTION_KEY_PREVIOUS: before } = values;
  const { keyring, vaultKey } = heldKeys(loadMasterKey({ secret, dataDir }));
  return {
    keyring: { ...keyring, logIngestToken: values.LOG_INGEST_TOKEN ?? keyring.logIngestToken },
    vaultKey,
    previousKeys: before === undefined ? null : heldKeys(before),
  };
}

function isAddressOrBlock(text: string): boolean {
  const [address = '', prefix, ...rest] = text.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  if (prefix === undefined) return true;
  return /^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128);
}

export const processEnv = (): Env => process.env;
