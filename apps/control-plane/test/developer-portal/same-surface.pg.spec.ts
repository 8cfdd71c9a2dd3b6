import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { ConfigSnapshot } from '@portico/contracts';
import { compile, decide, type ConfigIndex, type DecisionContext } from '@portico/enforcement';
import { unseal } from '@portico/messaging';
import { eventually, startUpstream, type Upstream } from '@portico/testkit';
import fc from 'fast-check';
import { signIn, type Visitor } from '../portal-estate.ts';
import { startPortico, type TestPortico } from '../start-portico.ts';

interface Estate {
  /** `nested`: its base path is the full path of the first endpoint of the collection before it. */
  readonly collections: readonly {
    published: boolean;
    nested: boolean;
    endpoints: readonly boolean[];
  }[];
  readonly clients: readonly { active: boolean; assigned: readonly number[] }[];
}

/** Statuses, nesting and assignments at random; a seed of its own for every run. */
const anyEstate: fc.Arbitrary<Estate> = fc.record({
  collections: fc.array(
    fc.record({
      published: fc.boolean(),
      nested: fc.boolean(),
      endpoints: fc.array(fc.boolean(), { minLength: 1, maxLength: 3 }),
    }),
    { minLength: 4, maxLength: 6 },
  ),
  clients: fc.array(
    fc.record({
      active: fc.boolean(),
      assigned: fc.uniqueArray(fc.nat({ max: 3 }), { maxLength: 4 }),
    }),
    { minLength: 4, maxLength: 6 },
  ),
});

const basePath = (collections: Estate['collections'], at: number): string =>
  at > 0 && collections[at]?.nested === true ? `${basePath(collections, at - 1)}/e0` : `/c${at}`;

const UNLIMITED: DecisionContext = {
  nowMs: Date.now(),
  meters: { take: () => ({ kind: 'granted', limits: () => [] }) },
  keys: { find: () => ({ kind: 'unknown' }) },
  verifiedTokens: { get: () => undefined, set: () => undefined },
};

describe('the published surface', () => {
  const [estate] = fc.sample(anyEstate, 1) as [Estate];
  let portico: TestPortico;
  let gateway: Upstream;
  let index: ConfigIndex;
  const visitors = new Map<number, Visitor>();

  beforeAll(async () => {
    gateway = await startUpstream();
    portico = await startPortico({
      PORTICO_DEV_MAILBOX: 'true',
      GATEWAY_INTERNAL_URL: gateway.url,
    });
    await build(portico, estate);
    index = await publishedIndex(portico);
    for (const [at, { active }] of estate.clients.entries()) {
      if (active) visitors.set(at, await signIn(portico, `dev${at}@client.test`));
    }
  }, 120_000);
  afterAll(async () => {
    await portico.stop();
    await gateway.stop();
  });

  it('equals the enforced one: listed, exported, shown and tried ⇔ not refused', async () => {
    const differences: string[] = [];
    for (const [clientAt] of estate.clients.entries()) {
      for (const [at, { endpoints }] of estate.collections.entries()) {
        for (const endpointAt of endpoints.keys()) {
          const seen = await surfaces({ clientAt, at, endpointAt });
          if (new Set(Object.values(seen)).size > 1) {
            differences.push(
              `client ${clientAt}, ep_c${at}_${endpointAt}: ${JSON.stringify(seen)}`,
            );
          }
        }
      }
    }
    expect({ estate, differences }).toEqual({ estate, differences: [] });
  }, 120_000);

  interface Place {
    readonly clientAt: number;
    readonly at: number;
    readonly endpointAt: number;
  }

  async function surfaces({ clientAt, at, endpointAt }: Place) {
    const endpoint_id = `ep_c${at}_${endpointAt}`;
    const enforced = isEnforced({ clientAt, at, endpointAt });
    const visitor = visitors.get(clientAt);
    if (visitor === undefined) return { enforced, signedIn: false };
    const collection = `/collections/coll_c${at}`;
    const profile_id = `pr_client${clientAt}`;
    const [list, detail, openapi, postman, one, tried] = await Promise.all([
      visitor.get('/collections'),
      visitor.get(collection),
      visitor.get(`${collection}/openapi`),
      visitor.get(`${collection}/postman`),
      visitor.get(`${collection}/endpoints/${endpoint_id}`),
      visitor.post('/try', { profile_id, endpoint_id, method: 'GET' }),
    ]);
    const listed = list.body.data.some(({ id }: { id: string }) => id === `coll_c${at}`);
    const inDetail = (detail.body.endpoints ?? []) as { id: string }[];
    return {
      enforced,
      listed: listed && inDetail.some(({ id }) => id === endpoint_id),
      exported: JSON.stringify(openapi.body).includes(`"${endpoint_id}"`),
      inPostman: JSON.stringify(postman.body).includes(`Endpoint ${endpointAt}"`),
      shown: one.status === 200,
      tried: tried.status === 200,
    };
  }

  function isEnforced({ clientAt, at, endpointAt }: Place): boolean {
    const decision = decide(
      index,
      {
        method: 'GET',
        path: `${basePath(estate.collections, at)}/e${endpointAt}`,
        query: '',
        headers: { 'x-client-id': `cl_client${clientAt}`, 'x-profile-id': `pr_client${clientAt}` },
        clientIp: '203.0.113.7',
        peerCertificate: null,
      },
      UNLIMITED,
    );
    return decision.kind === 'admitted';
  }
});

async function build(portico: TestPortico, { collections, clients }: Estate): Promise<void> {
  const post = async (path: string, body: unknown): Promise<void> => {
    const answer = await portico.call('POST', path, { body });
    expect([path, answer.status, answer.body]).toEqual([path, 201, expect.anything()]);
  };
  const status = (published: boolean) => (published ? 'published' : 'draft');
  for (const [at, { published, endpoints }] of collections.entries()) {
    await post('collections', {
      id: `coll_c${at}`,
      name: `Collection ${at}`,
      base_path: basePath(collections, at),
      upstreams: { production: { targets: [{ url: 'http://127.0.0.1:9' }] } },
      status: status(published),
    });
    for (const [endpointAt, isPublished] of endpoints.entries()) {
      await post(`collections/coll_c${at}/endpoints`, {
        id: `ep_c${at}_${endpointAt}`,
        name: `Endpoint ${endpointAt}`,
        methods: ['GET'],
        path: `/e${endpointAt}`,
        allowed_auth_types: ['none'],
        status: status(isPublished),
      });
    }
  }
  for (const [at, { active, assigned }] of clients.entries()) {
    await post('clients', {
      id: `cl_client${at}`,
      name: `Client ${at}`,
      active,
      has_portal_access: true,
      authorized_emails: [`dev${at}@client.test`],
      collections: assigned.map((one) => `coll_c${one}`),
    });
    await post(`clients/cl_client${at}/profiles`, {
      id: `pr_client${at}`,
      name: 'open',
      environment: 'production',
      auth_type: 'none',
    });
  }
}

/** What a gateway node would hold now, from the feed it would follow. */
async function publishedIndex(portico: TestPortico): Promise<ConfigIndex> {
  const values = new Map<string, string>();
  let revision = 0;
  const following = await portico.feeds.config.follow({
    onRevision: (change) => {
      if (change.complete) values.clear();
      for (const [key, text] of change.values) {
        if (text === null) values.delete(key);
        else values.set(key, text);
      }
      revision = change.revision;
    },
    onFault: (fault) => {
      throw new Error(JSON.stringify(fault));
    },
    onCurrent: () => undefined,
  });
  const [row] = await portico.query<{ revision: string }>('select revision from config_revision');
  await eventually(() => expect(revision).toBe(Number(row!.revision)));
  await following.stop();
  const of = (kind: string) =>
    [...values].filter(([key]) => key.startsWith(`${kind}.`)).map(([, text]) => JSON.parse(text));
  const snapshot = {
    revision,
    collections: of('collection'),
    clients: of('client'),
    policies: of('policy'),
  } as ConfigSnapshot;
  return compile(snapshot, { unseal: (text) => unseal(text, portico.config.keyring.sealing) });
}
