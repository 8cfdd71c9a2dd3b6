import { isAbsolute, resolve } from 'node:path';
import type { z } from 'zod';

export type Env = Readonly<Record<string, string | undefined>>;

/** The process cannot start like this; `problems` names every variable that is wrong, and how. */
export class ConfigurationError extends Error {
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(`The configuration is not valid:\n${problems.map((line) => `  - ${line}`).join('\n')}`);
    this.name = 'ConfigurationError';
    this.problems = problems;
  }
}

/**
 * Reads the environment through a schema. An empty variable counts as unset: compose files and
 * manifests cannot easily leave one out. Values are not repeated in the error: they may be secret.
 */
export function parseEnv<T extends z.ZodType>(schema: T, env: Env): Readonly<z.output<T>> {
  const given = Object.entries(env).filter(([, value]) => value !== undefined && value !== '');
  const result = schema.safeParse(Object.fromEntries(given));
  if (result.success) return Object.freeze(result.data);
  throw new ConfigurationError(
    result.error.issues.map(
      ({ path, message }) => `${path.join('.') || 'environment'}: ${message}`,
    ),
  );
}

/** npm runs a workspace's script inside that workspace; people mean the folder they typed it in. */
export function resolveDataDir(env: Env, currentDir: string): string {
  const dataDir = env['PORTICO_DATA_DIR'] || '.portico';
  return isAbsolute(dataDir) ? dataDir : resolve(env['INIT_CWD'] || currentDir, dataDir);
}
