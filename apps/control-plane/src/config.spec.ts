import { describe, expect, it } from '@jest/globals';
import { loadControlPlaneConfig, requireNatsUrl } from './config.ts';

const VALID = {
  DATABASE_URL: 'postgres://u@localhost/portico',
  PORTICO_ENCRYPTION_KEY: 'a master secret for tests',
};

describe('the configuration', () => {
  it('has a default for everything but the database', () => {
    const config = loadControlPlaneConfig(VALID);
    expect(config).toMatchObject({
      port: 3000,
      gatewayUrl: 'http://127.0.0.1:8080',
      gatewayTlsUrl: 'https://127.0.0.1:8443',
      portalUrl: 'http://127.0.0.1:3000',
      trustedProxies: [],
      adminApiKey: null,
    });
  });

  it('lists every problem at once and repeats no value', () => {
    const load = () =>
      loadControlPlaneConfig({
        CONTROL_PLANE_PORT: '70000',
        GATEWAY_URL: 'ftp://gateway',
        TRUSTED_PROXIES: '10.0.0.0/8, not-an-address',
        PORTICO_ADMIN_API_KEY: 'short-secret',
      });
    expect(load).toThrow(/DATABASE_URL/);
    expect(load).toThrow(/CONTROL_PLANE_PORT/);
    expect(load).toThrow(/GATEWAY_URL/);
    expect(load).toThrow(/TRUSTED_PROXIES/);
    expect(load).toThrow(/PORTICO_ADMIN_API_KEY/);
    expect(load).not.toThrow(/short-secret/);
  });

  it('derives the same keys from the same secret, and a vault key that gateways do not hold', () => {
    const one = loadControlPlaneConfig(VALID);
    const two = loadControlPlaneConfig(VALID);
    expect(one.vaultKey).toEqual(two.vaultKey);
    expect(one.vaultKey.id).not.toBe(one.keyring.sealing.id);
    expect(Buffer.from(one.vaultKey.key)).not.toEqual(Buffer.from(one.keyring.sealing.key));
  });

  it('takes URLs without their trailing slash', () => {
    const config = loadControlPlaneConfig({ ...VALID, GATEWAY_URL: 'https://api.example/' });
    expect(config.gatewayUrl).toBe('https://api.example');
    expect(config.gatewayTlsUrl).toBe('https://api.example');
  });

  it('asks for NATS where it runs on its own', () => {
    expect(() => requireNatsUrl(loadControlPlaneConfig(VALID))).toThrow(/NATS_URL/);
  });
});
