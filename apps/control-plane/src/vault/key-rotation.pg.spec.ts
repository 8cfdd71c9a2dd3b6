import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createInProcessFeeds, seal, unseal, verifyMessage, type Feeds } from '@portico/messaging';
import { createLogger } from '@portico/telemetry';
import { eventually, testDatabase } from '@portico/testkit';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';
import { heldKeys } from './held-keys.ts';
import { SEALED_PLACES } from './sealed-places.ts';

const BEFORE = 'a master secret for tests';
const PRESENT = 'the master secret after that';
const ROTATING = { PORTICO_ENCRYPTION_KEY: PRESENT, PORTICO_ENCRYPTION_KEY_PREVIOUS: BEFORE };
const SEALED_TEXT = /v1\.[\w-]+\.[\w-]+\.[\w-]+/g;

const SECRETS = `
  select sealed, key_id from profile_credentials
  union all select sealed, key_id from webhooks
  union all select secrets->>'token', null from upstream_credentials`;
const VERSIONS = `
  select id, version, updated_at from profiles
  union all select id, version, updated_at from webhooks
  union all select id, version, updated_at from upstream_credentials order by id`;

const left = (table: string, key: string, secrets: number): string =>
  `portico_sealed_secrets_left{table="${table}",key="${key}",service="control-plane"} ${secrets}`;
const sumOf = (numbers: readonly number[]): number => numbers.reduce((sum, one) => sum + one, 0);
const idsUnder = (master: string): Set<string> => {
  const { vaultKey, keyring } = heldKeys(master);
  return new Set([vaultKey.id, keyring.sealing.id]);
};

describe('a change of the master secret', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let feeds: Feeds;
  let portico: TestPortico;
  let running: TestPortico[];
  let log: string[];

  beforeEach(async () => {
    [running, log] = [[], []];
    database = await testDatabase();
    feeds = createInProcessFeeds({ logger: createLogger({ service: 'test', level: 'silent' }) });
    portico = await start({ PORTICO_ENCRYPTION_KEY: BEFORE });
    await createEstate(portico);
  });
  afterEach(async () => {
    await stopAll();
    await feeds.close();
    await database.drop();
  });

  const start = async (env: Readonly<Record<string, string>>): Promise<TestPortico> => {
    const onLog = (line: string): void => void log.push(line);
    const one = await startPortico(env, { databaseUrl: database.url, feeds, onLog });
    running.push(one);
    return one;
  };
  const stopAll = async (): Promise<void> => {
    for (const one of running.splice(0)) await one.stop();
  };
  /** The same installation, with other secrets in its environment. */
  const restart = async (env: Readonly<Record<string, string>>): Promise<void> => {
    await stopAll();
    portico = await start(env);
  };
  const metrics = async () => (await portico.call('GET', '/metrics')).body as string;
  const isRotated = () =>
    eventually(async () => {
      const text = await metrics();
      for (const { table } of SEALED_PLACES) expect(text).toContain(left(table, 'previous', 0));
    });
  const stored = () => portico.query<{ sealed: string; key_id: string | null }>(SECRETS);
  const keyIds = async () => new Set((await stored()).map(({ sealed }) => sealed.split('.')[1]));
  const headersOf = async (profile: string) =>
    (await portico.call('GET', `profiles/${profile}/auth-headers`)).body.headers as unknown;
  const entries = () =>
    portico.query<{ after: { resealed: Record<string, number> } }>(
      `select actor_type, before, after from audit_log where action = 'encryption_key.rotate'`,
    );

  it('seals every stored secret anew, without a new version of anything', async () => {
    const [shown, versions] = [await headersOf('pr_token'), await portico.query(VERSIONS)];
    expect(await keyIds()).toEqual(idsUnder(BEFORE));
    await restart(ROTATING);
    // From the first moment on, whatever it is under.
    expect(await headersOf('pr_token')).toEqual(shown);
    await isRotated();
    expect(await keyIds()).toEqual(idsUnder(PRESENT));
    for (const { sealed, key_id } of await stored()) {
      if (key_id !== null) expect(sealed.split('.')[1]).toBe(key_id);
    }
    expect(await portico.query(VERSIONS)).toEqual(versions);
    expect(await headersOf('pr_token')).toEqual(shown);
  });

  it('is one entry in the audit log, by the system, with counts and no secret', async () => {
    await restart(ROTATING);
    await isRotated();
    const resealed = { profile_credentials: 2, upstream_credentials: 1, webhooks: 1 };
    expect(await entries()).toEqual([
      {
        actor_type: 'system',
        before: { key_ids: [...idsUnder(BEFORE)] },
        after: { key_ids: [...idsUnder(PRESENT)], resealed },
      },
    ]);
    expect((await portico.call('GET', 'audit-log/verify')).body).toMatchObject({ valid: true });
    await eventually(() => expect(log.join('')).toContain('nothing stored is under the previous'));
    const told = log.map((line) => JSON.parse(line) as unknown);
    for (const [table, rows] of Object.entries(resealed)) {
      expect(told).toContainEqual(expect.objectContaining({ table, rows }));
    }
    expect(log.join('')).not.toMatch(/portico_tok_|whsec_|upstream-secret/);
  });

  it('reaches nodes: all they are sent is sealed and signed under the present key', async () => {
    await restart(ROTATING);
    const { sealing, signing } = heldKeys(PRESENT).keyring;
    await eventually(async () => {
      const messages = [...(await feeds.configPublisher.readAll()).values()];
      // The policy holds no secret: only its signature changes.
      expect(messages).toHaveLength(4);
      for (const one of messages) expect(verifyMessage(one, signing.publicKey)).toBe(true);
      const sealed = messages.flatMap(({ body }) => body?.match(SEALED_TEXT) ?? []);
      const opened = sealed.map((text) => unseal(text, sealing));
      expect(opened).toHaveLength(2);
      expect(opened).toContain('upstream-secret-value');
    });
  });

  it('needs the one before no longer once nothing is left', async () => {
    const shown = await headersOf('pr_token');
    await restart(ROTATING);
    await isRotated();
    await restart({ PORTICO_ENCRYPTION_KEY: PRESENT });
    expect(await headersOf('pr_token')).toEqual(shown);
    expect(await headersOf('pr_jwt')).toHaveLength(3);
    await eventually(async () => {
      const text = await metrics();
      for (const { table } of SEALED_PLACES) expect(text).toContain(left(table, 'unknown', 0));
    });
  });

  it('is shared by replicas that start together: every secret is sealed anew once', async () => {
    await stopAll();
    [portico] = await Promise.all([start(ROTATING), start(ROTATING), start(ROTATING)]);
    await isRotated();
    const rows = (await entries()).flatMap(({ after }) => Object.values(after.resealed));
    expect(sumOf(rows)).toBe(4);
    expect((await portico.call('GET', 'audit-log/verify')).body).toMatchObject({ valid: true });
  });

  it('finds what a replica of the time before writes while it is still there', async () => {
    const old = portico;
    portico = await start({ ...ROTATING, RECONCILE_MS: '100' });
    await isRotated();
    // It cannot show what is sealed anew, and says so; nodes have the key, so it goes on publishing.
    const refused = await old.call('GET', 'profiles/pr_token/auth-headers');
    expect(refused).toMatchObject({ status: 503, body: { error: 'secret_unreadable' } });
    const profile = { id: 'pr_late', name: 'late', environment: 'production' };
    expect((await old.call('POST', 'clients/cl_acme/profiles', { body: profile })).status).toBe(
      201,
    );
    const shown = (await old.call('GET', 'profiles/pr_late/auth-headers')).body as object;
    await eventually(async () => expect(await keyIds()).toEqual(idsUnder(PRESENT)));
    expect((await portico.call('GET', 'profiles/pr_late/auth-headers')).body).toEqual(shown);
    await eventually(async () => {
      const client = (await feeds.configPublisher.readAll()).get('client.cl_acme');
      expect(client?.body).toContain('pr_late');
    });
  });

  it('leaves a secret under a key nobody holds, names it, and the rest works', async () => {
    const { vaultKey, keyring } = heldKeys('a master secret that nobody has any more');
    await portico.query(
      `update profile_credentials set sealed = $1 where profile_id = 'pr_token'`,
      [seal('lost', vaultKey)],
    );
    await portico.query(
      `update upstream_credentials set secrets = jsonb_build_object('token', $1::text)`,
      [seal('lost', keyring.sealing)],
    );
    await restart(ROTATING);
    await isRotated();
    expect(await metrics()).toContain(left('upstream_credentials', 'unknown', 1));
    expect(log.map((line) => JSON.parse(line) as unknown)).toContainEqual(
      expect.objectContaining({
        ...{ table: 'upstream_credentials', key_id: keyring.sealing.id },
        ...{ count: 1, ids: ['uc_orders'] },
      }),
    );
    const refused = await portico.call('GET', 'profiles/pr_token/auth-headers');
    expect(refused).toMatchObject({ status: 503, body: { error: 'secret_unreadable' } });
    const body = { grace_period_seconds: 0 };
    expect((await portico.call('POST', 'profiles/pr_token/rotate', { body })).status).toBe(200);
    expect(await headersOf('pr_token')).toHaveLength(3);
    await portico.call('POST', 'policies', { body: { id: 'pol_new', name: 'New' } });
    await eventually(async () => {
      expect((await feeds.configPublisher.readAll()).has('policy.pol_new')).toBe(true);
    });
  });

  it('goes past a secret that somebody altered, and says whose it is', async () => {
    await portico.query(`update webhooks set sealed = left(sealed, -4) || 'AAAA'`);
    await restart(ROTATING);
    await eventually(() => expect(log.join('')).toContain('a stored secret was altered'));
    await eventually(async () =>
      expect(await metrics()).toContain(left('profile_credentials', 'previous', 0)),
    );
    expect(await metrics()).toContain(left('webhooks', 'previous', 1));
    expect(log.join('')).not.toContain('nothing stored is under the previous');
  });
});

/** A token, an HMAC secret, an upstream secret and a webhook secret, all of them in use. */
async function createEstate(portico: TestPortico): Promise<void> {
  const create = async (path: string, body: object): Promise<void> => {
    const answer = await portico.call('POST', path, { body });
    if (answer.status !== 201) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
  };
  await create('policies', { id: 'pol_gold', name: 'Gold' });
  const token = 'upstream-secret-value';
  await create('upstream-credentials', { id: 'uc_orders', name: 'Orders', type: 'bearer', token });
  await create('collections', {
    ...{ id: 'coll_orders', name: 'Orders', base_path: '/orders', status: 'published' },
    upstreams: { production: { targets: [{ url: 'http://127.0.0.1:9' }] } },
    credential_id: 'uc_orders',
  });
  await create('collections/coll_orders/endpoints', {
    ...{ name: 'List', methods: ['GET'], path: '/list', status: 'published' },
  });
  await create('clients', { id: 'cl_acme', name: 'Acme', collections: ['coll_orders'] });
  const profiles = await portico.call('GET', 'clients/cl_acme/profiles');
  await portico.call('DELETE', `profiles/${profiles.body.data[0].id}`);
  await create('clients/cl_acme/profiles', {
    id: 'pr_token',
    name: 't',
    environment: 'production',
  });
  await create('clients/cl_acme/profiles', {
    ...{ id: 'pr_jwt', name: 'j', environment: 'production', auth_type: 'jwt' },
    auth: { algorithms: ['HS256'] },
  });
  await create('webhooks', { url: 'https://hook.test', events: ['node.lagging'], active: false });
}
