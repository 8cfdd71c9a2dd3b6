import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import { scratchDir, startStandalone } from './deployment.ts';
import { call } from './http.ts';
import { PortalVisitor } from './portal-visitor.ts';

const sh = (command: string) => promisify(execFile)('/bin/sh', ['-c', command]);

describe('npm start', () => {
  let dataDir: string;
  let portico: Awaited<ReturnType<typeof startStandalone>>;

  beforeAll(async () => {
    dataDir = await scratchDir();
    portico = await startStandalone({ PORTICO_DATA_DIR: dataDir });
  }, 180_000);

  afterAll(async () => {
    await portico?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  it('prints three curl lines that work when pasted', async () => {
    const curls = portico.output().match(/^ +curl .+$/gm) ?? [];
    expect(curls).toHaveLength(3);
    for (const line of curls) {
      const { stdout } = await sh(line.replace('curl ', 'curl -sS --fail '));
      expect(JSON.parse(stdout)).toMatchObject({ environment: 'sandbox' });
    }
  });

  it('prints a sign-in link that signs in', async () => {
    const [link] = portico.output().match(/^ +http\S+\/link\S+$/m) ?? [];
    const visitor = new PortalVisitor(portico.controlPlaneUrl);
    expect((await visitor.open(link!.trim())).status).toBe(200);
    const { data } = (await visitor.get('/collections')).json<{ data: { id: string }[] }>();
    expect(data.map((one) => one.id).sort()).toEqual(['coll_inventory_read', 'coll_orders_v2']);
  });

  const failureOf = async (env: Readonly<Record<string, string>>): Promise<Error> => {
    const directory = await scratchDir();
    try {
      await startStandalone({ ...env, PORTICO_DATA_DIR: directory });
    } catch (error) {
      return error as Error;
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
    throw new Error('it started');
  };

  it('refuses taken ports by name, and says which variable moves each', async () => {
    const { env } = portico;
    const { message } = await failureOf(env);
    for (const name of ['CONTROL_PLANE_PORT', 'GATEWAY_PORT', 'DEMO_SANDBOX_PORT']) {
      expect(message).toContain(`${env[name]} (`);
      expect(message).toContain(`${name}=<another port>`);
    }
  });

  it('refuses a wrong configuration with every problem listed', async () => {
    const { message } = await failureOf({
      GATEWAY_ADMIN_PORT: 'eighty',
      PORTICO_SEED_DEMO: 'maybe',
    });
    expect(message).toContain('GATEWAY_ADMIN_PORT');
    expect(message).toContain('PORTICO_SEED_DEMO');
  });

  it('ends by itself, and says why, when a part fails after others have started', async () => {
    const failure = await failureOf({
      GATEWAY_TLS_CERT: '/there/is/no.crt',
      GATEWAY_TLS_KEY: '/there/is/no.key',
    });
    expect(failure.message).toContain('/there/is/no.');
    expect(failure.cause).toEqual(new Error('ended with 1'));
  });

  it.each(['SIGINT', 'SIGTERM'] as const)(
    'stops cleanly on %s, and keeps the data',
    async (signal) => {
      const created = await portico.admin.create('/clients', { name: `Kept over ${signal}` });
      const { env } = portico;
      expect(await portico.end(signal)).toBe(0);
      for (const url of [portico.controlPlaneUrl, ...portico.gatewayUrls]) {
        await expect(call(url)).rejects.toThrow('fetch failed');
      }
      portico = await startStandalone({ ...env, PORTICO_DATA_DIR: dataDir });
      expect((await portico.admin.get(`/clients/${created.id}`)).status).toBe(200);
      const demo = (await portico.admin.get('/clients?q=Acme')).json<{ data: unknown[] }>();
      expect(demo.data).toHaveLength(1);
    },
  );
});
