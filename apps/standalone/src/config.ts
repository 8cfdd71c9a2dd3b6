import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { LOG_LEVELS, parseEnv, resolveDataDir, type LogLevel } from '@portico/telemetry';
import { z } from 'zod';

const port = (value: number) => z.coerce.number().int().min(0).max(65_535).default(value);

const schema = z.object({
  CONTROL_PLANE_PORT: port(3000),
  GATEWAY_PORT: port(8080),
  GATEWAY_TLS_PORT: z.literal('off').or(port(8443)),
  GATEWAY_ADMIN_PORT: port(8081),
  LOG_INGEST_PORT: port(3001),
  EMBEDDED_POSTGRES_PORT: port(0),
  DEMO_PRODUCTION_PORT: port(9101),
  DEMO_SANDBOX_PORT: port(9102),
  DATABASE_URL: z.string().optional(),
  NATS_URL: z.string().optional(),
  REDIS_URL: z.string().optional(),
  RESEND_API_KEY: z.string().optional(),
  SMTP_URL: z.string().optional(),
  PORTICO_ADMIN_API_KEY: z.string().min(16).optional(),
  PORTICO_ENCRYPTION_KEY: z.string().min(16).optional(),
  PORTICO_SEED_DEMO: z.enum(['true', 'false']).default('true'),
  LOG_LEVEL: z.enum(LOG_LEVELS).default('warn'),
});

export interface StandaloneConfig {
  readonly dataDir: string;
  readonly ports: readonly PortSetting[];
  readonly databaseUrl: string | undefined;
  readonly embeddedPostgresPort: number;
  readonly natsUrl: string | undefined;
  readonly demo: { readonly productionPort: number; readonly sandboxPort: number } | null;
  readonly adminApiKey: string;
  /** False when mail really leaves: then no developer mailbox exists, and no link is printed. */
  readonly hasDevMailbox: boolean;
  readonly logLevel: LogLevel;
  /** Undefined = made at the first start and kept in the data directory. */
  readonly encryptionSecret: string | undefined;
  /** The environment each service's own loader reads, with what standalone decides filled in. */
  readonly env: NodeJS.ProcessEnv;
}

/** A port that will be opened, and the variable that moves it. */
export interface PortSetting {
  readonly variable: string;
  readonly host: string;
  readonly port: number;
  readonly purpose: string;
}

/** Reads the environment, and makes the data directory with its admin key. Throws listing every problem. */
export function loadStandaloneConfig(env: NodeJS.ProcessEnv): StandaloneConfig {
  const values = parseEnv(schema, env);
  const dataDir = resolveDataDir(env, process.cwd());
  mkdirSync(dataDir, { recursive: true, mode: 0o755 });
  const adminApiKey = values.PORTICO_ADMIN_API_KEY ?? rememberedAdminKey(dataDir);
  const hasDemo = values.PORTICO_SEED_DEMO === 'true';
  const services = serviceEnv(env, {
    dataDir,
    adminApiKey,
    logLevel: values.LOG_LEVEL,
    controlPlanePort: values.CONTROL_PLANE_PORT,
  });
  return {
    dataDir,
    ports: portSettings(values, services, hasDemo),
    databaseUrl: values.DATABASE_URL,
    embeddedPostgresPort: values.EMBEDDED_POSTGRES_PORT,
    natsUrl: values.NATS_URL,
    demo: hasDemo
      ? { productionPort: values.DEMO_PRODUCTION_PORT, sandboxPort: values.DEMO_SANDBOX_PORT }
      : null,
    adminApiKey,
    hasDevMailbox: values.RESEND_API_KEY === undefined && values.SMTP_URL === undefined,
    logLevel: values.LOG_LEVEL,
    encryptionSecret: values.PORTICO_ENCRYPTION_KEY,
    env: services,
  };
}

function portSettings(
  values: z.infer<typeof schema>,
  { CONTROL_PLANE_HOST, GATEWAY_HOST, GATEWAY_ADMIN_HOST, LOG_INGEST_HOST }: ServiceEnv,
  hasDemo: boolean,
): readonly PortSetting[] {
  const setting = (variable: PortVariable, host: string, purpose: string): PortSetting[] => {
    const port = values[variable];
    return port === 'off' ? [] : [{ variable, host, port, purpose }];
  };
  const services = [
    ...setting('CONTROL_PLANE_PORT', CONTROL_PLANE_HOST, 'control plane and portal'),
    ...setting('GATEWAY_PORT', GATEWAY_HOST, 'gateway, http'),
    ...setting('GATEWAY_TLS_PORT', GATEWAY_HOST, 'gateway, https with mTLS'),
    ...setting('GATEWAY_ADMIN_PORT', GATEWAY_ADMIN_HOST, 'gateway health and metrics'),
    ...setting('LOG_INGEST_PORT', LOG_INGEST_HOST, 'request-log queries'),
    ...(values.DATABASE_URL === undefined
      ? setting('EMBEDDED_POSTGRES_PORT', LOOPBACK, 'embedded PostgreSQL')
      : []),
  ];
  if (!hasDemo) return services;
  return [
    ...services,
    ...setting('DEMO_PRODUCTION_PORT', LOOPBACK, 'demo API, production'),
    ...setting('DEMO_SANDBOX_PORT', LOOPBACK, 'demo API, sandbox'),
  ];
}

const LOOPBACK = '127.0.0.1';

type PortVariable = Extract<keyof z.infer<typeof schema>, `${string}_PORT`>;

type ServiceEnv = NodeJS.ProcessEnv &
  Record<`${'CONTROL_PLANE' | 'GATEWAY' | 'GATEWAY_ADMIN' | 'LOG_INGEST'}_HOST`, string>;

function serviceEnv(
  env: NodeJS.ProcessEnv,
  decided: {
    dataDir: string;
    adminApiKey: string;
    logLevel: string;
    controlPlanePort: number;
  },
): ServiceEnv {
  const host = (name: string, otherwise = LOOPBACK): string => env[name] ?? otherwise;
  return {
    ...env,
    PORTICO_DATA_DIR: decided.dataDir,
    PORTICO_ADMIN_API_KEY: decided.adminApiKey,
    LOG_LEVEL: decided.logLevel,
    PORTAL_URL: env['PORTAL_URL'] ?? `http://localhost:${decided.controlPlanePort}`,
    // Whoever tries webhooks on a laptop receives them there.
    WEBHOOK_ALLOW_PRIVATE: env['WEBHOOK_ALLOW_PRIVATE'] ?? 'true',
    CONTROL_PLANE_HOST: host('CONTROL_PLANE_HOST'),
    GATEWAY_HOST: host('GATEWAY_HOST'),
    GATEWAY_ADMIN_HOST: host('GATEWAY_ADMIN_HOST', host('GATEWAY_HOST')),
    LOG_INGEST_HOST: host('LOG_INGEST_HOST'),
  };
}

/** The key printed at the first start stays the key: a restart must not lock out a pasted curl. */
function rememberedAdminKey(dataDir: string): string {
  const file = join(dataDir, 'admin-api-key');
  if (existsSync(file)) return readFileSync(file, 'utf8').trim();
  const key = `portico_adm_${randomBytes(24).toString('base64url')}`;
  writeFileSync(file, `${key}\n`, { mode: 0o600, flag: 'wx' });
  return key;
}
