import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import { startListeningNode } from '../../test/listening-node.ts';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const upstreams = { production: { targets: [{ url: 'http://127.0.0.1:9' }] } };
const wait = { prefer: 'wait=20' };

describe('publishing', () => {
  let portico: TestPortico;
  let node: Awaited<ReturnType<typeof startListeningNode>>;

  beforeAll(async () => {
    portico = await startPortico();
  });
  afterAll(async () => {
    await node.stop();
    await portico.stop();
  });

  it('says honestly that no node is there', async () => {
    const answer = await portico.call('POST', 'policies', {
      body: { id: 'pol_gold', name: 'Gold' },
      headers: wait,
    });
    expect(answer.headers.get('preference-applied')).toBe('wait');
    expect(answer.headers.get('x-config-propagation')).toMatch(/^nodes=0\/0;ms=\d+$/);
  });

  it('brings a new node to the current revision', async () => {
    node = await startListeningNode(portico.feeds, portico.config.keyring);
    await eventually(() => expect(node.keys()).toEqual(['policy.pol_gold']));
    const gateways = await portico.call('GET', 'gateways');
    expect(gateways.body.data).toEqual([
      expect.objectContaining({ id: 'node-1', revision: 1, stale: false }),
    ]);
  });

  it('answers a write once every live node enforces it', async () => {
    const answer = await portico.call('POST', 'collections', {
      body: {
        id: 'coll_orders',
        name: 'Orders',
        base_path: '/orders',
        upstreams,
        status: 'published',
      },
      headers: wait,
    });
    expect(answer.headers.get('x-config-propagation')).toMatch(/^nodes=1\/1;ms=\d+$/);
    expect(node.index().revision).toBe(Number(answer.headers.get('x-config-revision')));
    expect(node.read('collection.coll_orders')).toMatchObject({ base_path: '/orders' });
  });

  it('publishes published endpoints and never drafts', async () => {
    await portico.call('POST', 'collections/coll_orders/endpoints', {
      body: { id: 'ep_list', name: 'List', methods: ['GET'], path: '/', status: 'published' },
      headers: wait,
    });
    await portico.call('POST', 'collections/coll_orders/endpoints', {
      body: { id: 'ep_draft', name: 'Draft', methods: ['POST'], path: '/' },
      headers: wait,
    });
    const { endpoints } = node.read('collection.coll_orders') as { endpoints: { id: string }[] };
    expect(endpoints.map(({ id }) => id)).toEqual(['ep_list']);
  });

  it('takes a collection away when it becomes a draft, and gives it back', async () => {
    const status = (value: string) =>
      portico.call('PUT', 'collections/coll_orders/status', {
        body: { status: value },
        headers: wait,
      });
    expect((await status('draft')).body.status).toBe('draft');
    expect(node.keys()).not.toContain('collection.coll_orders');
    await status('published');
    expect(node.keys()).toContain('collection.coll_orders');
  });

  it('gives nodes digests and sealed secrets, never a credential in the clear', async () => {
    const secret = 'upstream-password-in-the-clear';
    await portico.call('POST', 'upstream-credentials', {
      body: { id: 'uc_orders', name: 'o', type: 'basic', username: 'u', password: secret },
    });
    await portico.call('PATCH', 'collections/coll_orders', {
      body: { credential_id: 'uc_orders' },
    });
    await portico.call('POST', 'clients', {
      body: { id: 'cl_acme', name: 'Acme', collections: ['coll_orders'], policy_id: 'pol_gold' },
    });
    await portico.call('POST', 'clients/cl_acme/profiles', {
      body: { id: 'pr_signed', name: 'signed', auth_type: 'jwt', auth: { algorithms: ['HS256'] } },
      headers: wait,
    });
    const [token, jwt] = await Promise.all(
      [(await portico.call('GET', 'clients/cl_acme/profiles')).body.data[0].id, 'pr_signed'].map(
        (id) => portico.call('GET', `profiles/${id}/auth-headers`),
      ),
    );
    const bearer = token!.body.headers[2].value.replace('Bearer ', '');
    expect(bearer).toMatch(/^portico_tok_[0-9A-Za-z]{40}$/);
    expect(jwt!.body.signing.secret).toHaveLength(64);
    for (const clear of [secret, bearer, jwt!.body.signing.secret]) {
      expect(node.text()).not.toContain(clear);
    }
    const client = node.index().clientById.get('cl_acme');
    expect(client?.profileById.size).toBe(2);
    const { credential } = [...node.index().collectionById.values()][0]!;
    expect(credential).toMatchObject({ type: 'basic', username: 'u', password: secret });
  });

  it('publishes once for a burst of writes, and ends at the newest', async () => {
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        portico.call('PATCH', 'policies/pol_gold', { body: { description: `d${at}` } }),
      ),
    );
    const newest = Math.max(...answers.map((a) => Number(a.headers.get('x-config-revision'))));
    await eventually(() => expect(node.index().revision).toBe(newest));
  });

  it('hears of a commit that another replica made', async () => {
    await portico.query(
      `with r as (update config_revision set revision = revision + 1 returning revision),
       c as (insert into config_changes select revision, 'policy.pol_other', now() from r),
       p as (insert into policies select 'pol_other', name, description, active, rate_limits, quota,
               mode, on_outage, alert_thresholds, alert_partner, now(), now(), 1
             from policies where id = 'pol_gold')
       select pg_notify('portico_revision', '')`,
    );
    await eventually(() => expect(node.keys()).toContain('policy.pol_other'));
  });

  it('says how many nodes follow when one does not', async () => {
    const other = await startListeningNode(portico.feeds, portico.config.keyring, 'node-2');
    await eventually(() => expect(other.index().revision).toBe(node.index().revision));
    other.stopApplying();
    const answer = await portico.call('PATCH', 'policies/pol_gold', {
      body: { description: 'half' },
      headers: { prefer: 'wait=3' },
    });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('x-config-propagation')).toMatch(/^nodes=1\/2;ms=\d+$/);
    await other.stop();
    other.beat({ draining: true });
    await eventually(async () =>
      expect((await portico.call('GET', 'gateways')).body.data).toHaveLength(1),
    );
  });

  it('does not wait for what it was not asked for', async () => {
    const answer = await portico.call('PATCH', 'policies/pol_gold', {
      body: { description: 'now' },
      headers: { prefer: 'return=minimal, wait=soon' },
    });
    expect(answer.headers.get('preference-applied')).toBeNull();
    expect(answer.headers.get('x-config-propagation')).toBeNull();
  });

  it('has not reported a single fault to the node', () => {
    expect(node.faults).toEqual([]);
  });
});
