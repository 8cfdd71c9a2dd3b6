import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '@portico/testkit';
import { loadStandaloneConfig, type PortSetting } from '../src/config.ts';
import { refuseUnusablePorts } from '../src/ports.ts';

describe('the ports that will be opened', () => {
  let dataDir: string;
  beforeEach(() => {
    dataDir = mkdtempSync(join(tmpdir(), 'portico-standalone-'));
  });
  afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

  const portsWith = (env: NodeJS.ProcessEnv): Record<string, string> =>
    Object.fromEntries(
      loadStandaloneConfig({ PORTICO_DATA_DIR: dataDir, ...env }).ports.map((setting) => [
        setting.variable,
        `${setting.host}:${setting.port}`,
      ]),
    );

  it('are on loopback, unless an address says otherwise', () => {
    expect(portsWith({ GATEWAY_HOST: '0.0.0.0' })).toEqual({
      CONTROL_PLANE_PORT: '127.0.0.1:3000',
      GATEWAY_PORT: '0.0.0.0:8080',
      GATEWAY_TLS_PORT: '0.0.0.0:8443',
      GATEWAY_ADMIN_PORT: '0.0.0.0:8081',
      LOG_INGEST_PORT: '127.0.0.1:3001',
      EMBEDDED_POSTGRES_PORT: '127.0.0.1:0',
      DEMO_PRODUCTION_PORT: '127.0.0.1:9101',
      DEMO_SANDBOX_PORT: '127.0.0.1:9102',
    });
  });

  it('leave out what is switched off, or is somewhere else', () => {
    const ports = portsWith({
      GATEWAY_TLS_PORT: 'off',
      DATABASE_URL: 'postgres://db.example/portico',
      PORTICO_SEED_DEMO: 'false',
    });
    expect(Object.keys(ports)).toEqual([
      'CONTROL_PLANE_PORT',
      'GATEWAY_PORT',
      'GATEWAY_ADMIN_PORT',
      'LOG_INGEST_PORT',
    ]);
  });
});

describe('a port that cannot be had', () => {
  const setting = (port: number, host = '127.0.0.1'): PortSetting => ({
    ...{ variable: 'GATEWAY_PORT', purpose: 'gateway, http' },
    ...{ host, port },
  });

  it('is named with the variable that moves it when it is taken', async () => {
    const port = await freePort();
    await expect(refuseUnusablePorts([setting(port)])).resolves.toBeUndefined();
    const holder = createServer().listen(port, '127.0.0.1');
    await new Promise((listening) => holder.once('listening', listening));
    await expect(refuseUnusablePorts([setting(port)])).rejects.toThrow(
      `${port} (gateway, http) is taken: stop what uses it, or start with GATEWAY_PORT=<another port>`,
    );
    await new Promise((closed) => holder.close(closed));
  });

  it('is named with its address when this machine has no such address', async () => {
    // TEST-NET-1 (RFC 5737): nobody's.
    await expect(refuseUnusablePorts([setting(8080, '192.0.2.1')])).rejects.toThrow(
      '8080 (gateway, http) cannot be opened on 192.0.2.1: EADDRNOTAVAIL',
    );
  });
});
