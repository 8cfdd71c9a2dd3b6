import { describe, expect, it } from '@jest/globals';
import { loadLogIngestConfig, loadProcessConfig } from '../src/config.ts';

const URL = 'postgres://u:geheim@db/x';

describe('the configuration of log-ingest', () => {
  it('lists every problem at once, without repeating a secret', () => {
    const load = () =>
      loadLogIngestConfig({
        LOG_DATABASE_URL: 'mysql://u:geheim@db',
        LOG_INGEST_PORT: '99999',
        LOG_INGEST_TOKEN: 'short',
      });
    expect(load).toThrow(/LOG_INGEST_PORT: .*LOG_DATABASE_URL: .*LOG_INGEST_TOKEN: /s);
    expect(load).not.toThrow(/geheim|short/);
  });

  it('takes the log database from DATABASE_URL when it has none of its own', () => {
    const env = { LOG_INGEST_TOKEN: 'a-token-long-enough' };
    expect(loadLogIngestConfig({ ...env, DATABASE_URL: URL }).databaseUrl).toBe(URL);
    expect(() => loadLogIngestConfig(env)).toThrow(/LOG_DATABASE_URL: is required/);
  });

  it('derives the same token from the same master secret', () => {
    const token = (secret: string): readonly string[] =>
      loadLogIngestConfig({ DATABASE_URL: URL, PORTICO_ENCRYPTION_KEY: secret }).tokens;
    expect(token('0123456789abcdef')).toEqual(token('0123456789abcdef'));
    expect(token('0123456789abcdef')).not.toEqual(token('another secret, this'));
  });

  it('takes the token before as well, given or derived, while keys are rotated', () => {
    const [now, before] = ['0123456789abcdef', 'another secret, this'];
    const tokens = (env: Record<string, string>) =>
      loadLogIngestConfig({ DATABASE_URL: URL, ...env }).tokens;
    const token = tokens({ PORTICO_ENCRYPTION_KEY: before })[0]!;
    const rotating = { PORTICO_ENCRYPTION_KEY: now, PORTICO_ENCRYPTION_KEY_PREVIOUS: before };
    expect(tokens(rotating)).toEqual([tokens({ PORTICO_ENCRYPTION_KEY: now })[0], token]);
    const given = { LOG_INGEST_TOKEN: 'a-token-long-enough', LOG_INGEST_TOKEN_PREVIOUS: token };
    expect(tokens(given)).toEqual(['a-token-long-enough', token]);
  });

  it('needs NATS when it runs as a process of its own', () => {
    const env = { LOG_INGEST_TOKEN: 'a-token-long-enough' };
    expect(() => loadProcessConfig(env)).toThrow(/LOG_DATABASE_URL: .*\n.*NATS_URL: is required/);
  });
});
