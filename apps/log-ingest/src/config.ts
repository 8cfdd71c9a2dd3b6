import { deriveKeyring, loadMasterKey } from '@portico/messaging';
import { LOG_LEVELS, parseEnv, resolveDataDir, type Env, type LogLevel } from '@portico/telemetry';
import { z } from 'zod';

export interface LogIngestConfig {
  readonly host: string;
  /** 0 = any free port. */
  readonly port: number;
  readonly logLevel: LogLevel;
  readonly databaseUrl: string;
  readonly natsUrl: string | undefined;
  readonly nodeId: string;
  /** Callers of the query API present one of these as bearer token: two while keys are rotated. */
  readonly tokens: readonly string[];
  readonly otlpEndpoint: string | undefined;
  readonly ingest: {
    /** Batches taken off the stream and not yet acknowledged. */
    readonly batchesInFlightMax: number;
    readonly batchesPerWriteMax: number;
  };
  readonly query: {
    readonly connectionsMax: number;
    readonly timeoutMs: number;
    /** Exports that run at the same time; each holds a connection while a page is read. */
    readonly exportsMax: number;
  };
  /** How often expired records are looked for, and days are made ahead. */
  readonly sweepIntervalMs: number;
}

const whole = (least: number, most: number, otherwise: number) =>
  z.coerce.number().int().min(least).max(most).default(otherwise);
const postgresUrl = z.url({
  protocol: /^postgres(?:ql)?$/,
  error: 'must be a postgres:// URL',
});

const secret = z.string().min(16, 'must have at least 16 characters').optional();

const schema = z
  .object({
    LOG_INGEST_HOST: z.string().default('127.0.0.1'),
    LOG_INGEST_PORT: whole(0, 65_535, 3001),
    LOG_DATABASE_URL: postgresUrl.optional(),
    DATABASE_URL: postgresUrl.optional(),
    NATS_URL: z.string().optional(),
    NODE_ID: z.string().max(128).default('log-ingest'),
    LOG_INGEST_TOKEN: secret,
    LOG_INGEST_TOKEN_PREVIOUS: secret,
    PORTICO_ENCRYPTION_KEY: secret,
    PORTICO_ENCRYPTION_KEY_PREVIOUS: secret,
    OTEL_EXPORTER_OTLP_ENDPOINT: z.string().optional(),
    LOG_LEVEL: z.enum(LOG_LEVELS).default('info'),
    MAX_BATCHES_IN_FLIGHT: whole(1, 1_000, 64),
    MAX_BATCHES_PER_WRITE: whole(1, 256, 32),
    MAX_QUERY_CONNECTIONS: whole(1, 100, 8),
    MAX_EXPORTS: whole(1, 50, 4),
    LOG_QUERY_TIMEOUT_MS: whole(100, 600_000, 15_000),
    RETENTION_SWEEP_MS: whole(1_000, 86_400_000, 3_600_000),
  })
  .refine((values) => values.LOG_DATABASE_URL ?? values.DATABASE_URL, {
    path: ['LOG_DATABASE_URL'],
    message: 'is required (or DATABASE_URL, for both on one server)',
  });

const processSchema = schema.refine((values) => values.NATS_URL, {
  path: ['NATS_URL'],
  message: 'is required, e.g. nats://127.0.0.1:4222',
});

/** Throws one error that lists every problem; opens no port and no connection. */
export const loadLogIngestConfig = (env: Env): LogIngestConfig =>
  toConfig(parseEnv(schema, env), env);

/** Of a process of its own, where everybody meets over NATS. */
export function loadProcessConfig(env: Env): LogIngestConfig & { readonly natsUrl: string } {
  const config = toConfig(parseEnv(processSchema, env), env);
  return { ...config, natsUrl: config.natsUrl ?? '' };
}

function toConfig(values: z.output<typeof schema>, env: Env): LogIngestConfig {
  return {
    host: values.LOG_INGEST_HOST,
    port: values.LOG_INGEST_PORT,
    logLevel: values.LOG_LEVEL,
    databaseUrl: values.LOG_DATABASE_URL ?? values.DATABASE_URL ?? '',
    natsUrl: values.NATS_URL,
    nodeId: values.NODE_ID,
    tokens: tokensOf(values, env),
    otlpEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT,
    ingest: {
      batchesInFlightMax: values.MAX_BATCHES_IN_FLIGHT,
      batchesPerWriteMax: values.MAX_BATCHES_PER_WRITE,
    },
    query: {
      connectionsMax: values.MAX_QUERY_CONNECTIONS,
      timeoutMs: values.LOG_QUERY_TIMEOUT_MS,
      exportsMax: values.MAX_EXPORTS,
    },
    sweepIntervalMs: values.RETENTION_SWEEP_MS,
  };
}

/** Each may be given, or derived from the master secret of its time. */
function tokensOf(values: z.output<typeof schema>, env: Env): readonly string[] {
  const { PORTICO_ENCRYPTION_KEY: master, PORTICO_ENCRYPTION_KEY_PREVIOUS: masterBefore } = values;
  const dataDir = resolveDataDir(env, process.cwd());
  const current =
    values.LOG_INGEST_TOKEN ??
    deriveKeyring(loadMasterKey({ secret: master, dataDir })).logIngestToken;
  const previous =
    values.LOG_INGEST_TOKEN_PREVIOUS ??
    (masterBefore === undefined ? undefined : deriveKeyring(masterBefore).logIngestToken);
  return previous === undefined ? [current] : [current, previous];
}
