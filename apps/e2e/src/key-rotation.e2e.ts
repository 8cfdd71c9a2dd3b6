import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, startUpstream, type Running, type Upstream } from '@portico/testkit';
import { Webhook } from 'standardwebhooks';
import { ENCRYPTION_KEY, startDistributed, type Distributed } from './deployment.ts';
import { call } from './http.ts';
import { keepCalling } from './load.ts';
import { PortalVisitor } from './portal-visitor.ts';

const PRESENT = 'end-to-end tests only, the key after that one';
const UPSTREAM_SECRET = 'what-only-the-upstream-should-see';
const PATH = '/rotation/ping';
const EMAIL = 'dev@rotation.test';
const TABLES = ['profile_credentials', 'upstream_credentials', 'webhooks'];

describe('a change of the master secret, in the documented order', () => {
  let portico: Distributed;
  let upstream: Upstream;
  let receiver: Upstream;
  let running: { logIngest: Running; controlPlane: Running; gateways: Running[] };
  let headers: Record<string, string>;
  let webhook: { id: string; secret: string };
  const visitor = () => new PortalVisitor(portico.controlPlaneUrl);
  let partner: PortalVisitor;

  beforeAll(async () => {
    [upstream, receiver] = await Promise.all([startUpstream(), startUpstream()]);
    portico = await startDistributed({ WEBHOOK_ALLOW_PRIVATE: 'true' });
    running = { ...portico.processes, gateways: portico.gateways.map((node) => node.process) };
    webhook = await createEstate(portico, { upstream, receiver });
    headers = await portico.admin.authHeaders('pr_rotation_token');
    partner = visitor();
    await partner.signIn(portico.mailbox, EMAIL);
  }, 180_000);
  afterAll(async () => {
    await portico?.stop();
    await Promise.all([upstream?.stop(), receiver?.stop()]);
  });

  const restartLogIngest = async (): Promise<void> => {
    await running.logIngest.stop();
    running.logIngest = await portico.restartLogIngest();
  };
  const restartControlPlane = async (): Promise<void> => {
    await running.controlPlane.stop();
    running.controlPlane = await portico.restartControlPlane();
  };
  const restartGateways = async (): Promise<void> => {
    for (const [index, node] of portico.gateways.entries()) {
      expect(await running.gateways[index]!.stop(60_000)).toBe(0);
      running.gateways[index] = (await node.restart()).process;
    }
  };
  const nothingIsLeft = () =>
    eventually(async () => {
      const { text } = await call(`${portico.controlPlaneUrl}/metrics`);
      for (const table of TABLES) {
        for (const key of ['previous', 'unknown']) {
          expect(text).toMatch(
            new RegExp(`portico_sealed_secrets_left\\{table="${table}",key="${key}",[^}]*\\} 0\\n`),
          );
        }
      }
    });

  it('fails no call of a partner and loses no secret, and then the one before is not needed', async () => {
    await everythingWorks();
    const load = keepCalling(portico.gateways, PATH, headers);

    portico.configure({
      PORTICO_ENCRYPTION_KEY: PRESENT,
      PORTICO_ENCRYPTION_KEY_PREVIOUS: ENCRYPTION_KEY,
    });
    await restartLogIngest();
    await restartGateways();
    await everythingWorks();
    await restartControlPlane();
    await everythingWorks();
    await nothingIsLeft();
    await everythingWorks();

    portico.configure({ PORTICO_ENCRYPTION_KEY_PREVIOUS: undefined });
    await restartControlPlane();
    await restartLogIngest();
    await restartGateways();
    await nothingIsLeft();
    await everythingWorks();

    const { failures, requestIds } = await load.stop();
    expect(failures).toEqual([]);
    expect(requestIds.length).toBeGreaterThan(100);
    const { url } = await portico.startGateway();
    expect((await call(`${url}${PATH}`, { headers })).status).toBe(200);
    const unseen = /bad_signature|does not hold|was refused|what-only-the|portico_tok_|whsec_/;
    expect(portico.output()).not.toMatch(unseen);
  }, 300_000);

  async function everythingWorks(): Promise<void> {
    await callsReachTheUpstream();
    await theTokenIsShown();
    await changesReachEveryNode();
    await callsAreInTheLog();
    await webhooksAreSignedAsBefore();
  }

  async function callsReachTheUpstream(): Promise<void> {
    const jwt = await portico.admin.authHeaders('pr_rotation_jwt');
    for (const url of portico.gatewayUrls) {
      for (const credential of [headers, jwt]) {
        expect((await call(`${url}${PATH}`, { headers: credential })).status).toBe(200);
      }
    }
    const seen = new Set(upstream.requests.map((request) => request.headers['authorization']));
    expect([...seen]).toEqual([`Bearer ${UPSTREAM_SECRET}`]);
    upstream.forget();
  }

  /** To who signed in before all this. */
  async function theTokenIsShown(): Promise<void> {
    expect(await portico.admin.authHeaders('pr_rotation_token')).toEqual(headers);
    const shown = await partner.get('/profiles/pr_rotation_token/auth-headers');
    expect(shown.json<{ headers: { value: string }[] }>().headers[2]?.value).toBe(
      headers['Authorization'],
    );
  }

  async function changesReachEveryNode(): Promise<void> {
    const answer = await portico.admin.send('PATCH', '/clients/cl_rotation', {
      name: `Rotation ${Math.random()}`,
    });
    expect(answer.headers.get('x-config-propagation')).toMatch(/^nodes=(\d+)\/\1;/);
  }

  async function callsAreInTheLog(): Promise<void> {
    const answer = await call(`${portico.gatewayUrls[0]}${PATH}`, { headers });
    const id = answer.headers.get('x-request-id')!;
    await eventually(async () => {
      const found = await portico.admin.get(`/request-logs/${id}?client_id=cl_rotation`);
      expect(found.json()).toMatchObject({ request_id: id, status: 200 });
    });
  }

  async function webhooksAreSignedAsBefore(): Promise<void> {
    receiver.forget();
    await portico.admin.send('POST', `/webhooks/${webhook.id}/test`);
    const delivered = await eventually(() => {
      expect(receiver.requests).toHaveLength(1);
      return receiver.requests[0]!;
    });
    const signed = delivered.headers as Record<string, string>;
    expect(() => new Webhook(webhook.secret).verify(delivered.body, signed)).not.toThrow();
  }
});

/** A token, an HMAC secret, an upstream secret and a webhook secret, all in use. */
async function createEstate(
  { admin }: Distributed,
  { upstream, receiver }: { readonly upstream: Upstream; readonly receiver: Upstream },
): Promise<{ id: string; secret: string }> {
  await admin.create('/upstream-credentials', {
    ...{ id: 'uc_rotation', name: 'Rotation', type: 'bearer', token: UPSTREAM_SECRET },
  });
  await admin.create('/collections', {
    ...{ id: 'coll_rotation', name: 'Rotation', base_path: '/rotation' },
    upstreams: { production: { targets: [{ url: upstream.url, weight: 1 }] } },
    credential_id: 'uc_rotation',
  });
  await admin.create('/collections/coll_rotation/endpoints', {
    ...{ name: 'Ping', methods: ['GET'], path: '/ping', status: 'published' },
  });
  await admin.send('PUT', '/collections/coll_rotation/status', { status: 'published' });
  await admin.create('/policies', {
    ...{ id: 'pol_rotation', name: 'Counted' },
    rate_limits: [{ requests: 1_000_000, window: '1m' }],
    quota: { requests: 100_000_000, period: 'month' },
  });
  await admin.create('/clients', {
    ...{ id: 'cl_rotation', name: 'Rotation', policy_id: 'pol_rotation' },
    ...{ collections: ['coll_rotation'], has_portal_access: true, authorized_emails: [EMAIL] },
  });
  const environment = 'production';
  await admin.create('/clients/cl_rotation/profiles', {
    ...{ id: 'pr_rotation_token', name: 'calls', environment },
  });
  await admin.create('/clients/cl_rotation/profiles', {
    ...{ id: 'pr_rotation_jwt', name: 'signs', environment, auth_type: 'jwt' },
    auth: { algorithms: ['HS256'] },
  });
  return admin.create('/webhooks', { url: receiver.url, events: ['webhook.test'] });
}
