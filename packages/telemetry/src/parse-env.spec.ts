import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { ConfigurationError, parseEnv, resolveDataDir } from './parse-env.ts';

const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8080),
  NATS_URL: z.url(),
  LOG_LEVEL: z.enum(['info', 'debug']).default('info'),
  SECRET_TOKEN: z.string().min(16).optional(),
});

describe('reading the environment', () => {
  it('gives the values with their types, frozen, and ignores what it does not know', () => {
    const config = parseEnv(schema, { PORT: '1', NATS_URL: 'nats://a', HOME: '/root' });
    expect(config).toEqual({ PORT: 1, NATS_URL: 'nats://a', LOG_LEVEL: 'info' });
    expect(Object.isFrozen(config)).toBe(true);
  });

  it('takes an empty variable as unset', () => {
    expect(parseEnv(schema, { PORT: '', NATS_URL: 'nats://a', SECRET_TOKEN: '' }).PORT).toBe(8080);
  });

  it('lists every problem at once, and repeats no value', () => {
    const env = { PORT: 'many', LOG_LEVEL: 'loud', SECRET_TOKEN: 'my-secret' };
    const problems = (): unknown => parseEnv(schema, env);
    expect(problems).toThrow(ConfigurationError);
    try {
      problems();
    } catch (error) {
      const { problems: found, message } = error as ConfigurationError;
      expect(found.map((line) => line.split(':')[0])).toEqual([
        ...['PORT', 'NATS_URL', 'LOG_LEVEL', 'SECRET_TOKEN'],
      ]);
      for (const line of found) expect(message).toContain(line);
      for (const value of Object.values(env)) expect(message).not.toContain(value);
    }
  });

  it('resolves the data directory where the command was typed', () => {
    const at = (env: Record<string, string>): string => resolveDataDir(env, '/app/packages/x');
    expect(at({})).toBe('/app/packages/x/.portico');
    expect(at({ INIT_CWD: '/app' })).toBe('/app/.portico');
    expect(at({ INIT_CWD: '/app', PORTICO_DATA_DIR: 'data' })).toBe('/app/data');
    expect(at({ INIT_CWD: '/app', PORTICO_DATA_DIR: '/var/lib/portico' })).toBe('/var/lib/portico');
  });
});
