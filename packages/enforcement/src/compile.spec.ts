import { describe, expect, it } from '@jest/globals';
import type { ConfigSnapshot } from '@portico/contracts';
import fc from 'fast-check';
import { aClient, aCollection, anEndpoint, aPolicy, aProfile } from '@portico/testkit';
import { anIndex, aRequest, aSnapshot, decideOutcome, material, sealed } from '../test/harness.ts';
import type { ConfigChange, ConfigIndex } from './index.ts';
import {
  applyChange,
  checkCollection,
  compile,
  ConfigError,
  emptyIndex,
  findDuplicateBasePaths,
  findShadowed,
} from './index.ts';

const change = (
  values: Record<string, unknown>,
  over: Partial<ConfigChange> = {},
): ConfigChange => ({
  revision: 8,
  complete: false,
  values: new Map(
    Object.entries(values).map(([key, value]) => [
      key,
      value === null || typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  ),
  ...over,
});
const apply = (index: ConfigIndex, values: Record<string, unknown>): ConfigIndex =>
  applyChange(index, change(values), material);

/** The key of the resource a refused configuration is blamed on. */
function blamed(build: () => unknown): string {
  try {
    build();
  } catch (error) {
    if (error instanceof ConfigError) return error.resource;
    throw error;
  }
  return 'nothing';
}

describe('compile', () => {
  it.each<[string, Partial<ConfigSnapshot>, string]>([
    [
      'two clients of one id',
      { clients: [aClient(), aClient({ profiles: [] })] },
      'client.cl_acme',
    ],
    [
      'one profile of two clients',
      { clients: [aClient(), aClient({ id: 'cl_two' })] },
      'client.cl_two',
    ],
    [
      'one profile twice',
      { clients: [aClient({ profiles: [aProfile(), aProfile()] })] },
      'client.cl_acme',
    ],
    [
      'a policy that is missing',
      { clients: [aClient({ policy_id: 'pol_gone' })] },
      'client.cl_acme',
    ],
    [
      "a profile's policy that is missing",
      { clients: [aClient({ profiles: [aProfile({ policy_id: 'pol_gone' })] })] },
      'client.cl_acme',
    ],
    [
      'one base path twice',
      { collections: [aCollection(), aCollection({ id: 'coll_two', base_path: '/v1' })] },
      'collection.coll_two',
    ],
    [
      'a base path with a parameter',
      { collections: [aCollection({ base_path: '/{x}' })] },
      'collection.coll_orders',
    ],
    [
      'two endpoints that match the same requests',
      {
        collections: [
          aCollection({
            endpoints: [
              anEndpoint({ path: '/o/{a}' }),
              anEndpoint({ id: 'ep_two', path: '/o/{b}', methods: ['POST', 'GET'] }),
            ],
          }),
        ],
      },
      'collection.coll_orders',
    ],
    [
      'two endpoints of one id',
      { collections: [aCollection({ endpoints: [anEndpoint(), anEndpoint({ path: '/x' })] })] },
      'collection.coll_orders',
    ],
    [
      'a credential that is missing',
      { collections: [aCollection({ endpoints: [anEndpoint({ credential_id: 'uc_gone' })] })] },
      'collection.coll_orders',
    ],
    [
      'a credential sealed to another key',
      {
        collections: [
          aCollection({
            credentials: [{ id: 'uc_one', type: 'bearer', token: 'v1.other.AA.AA' }],
          }),
        ],
      },
      'collection.coll_orders',
    ],
    [
      'a target that names what the path lacks',
      { collections: [aCollection({ endpoints: [anEndpoint({ target_path: '/{id}' })] })] },
      'collection.coll_orders',
    ],
    [
      'any origin with credentials',
      {
        collections: [
          aCollection({
            cors: {
              allowed_origins: ['*'],
              allow_credentials: true,
              allowed_headers: [],
              exposed_headers: [],
              max_age_seconds: 0,
            },
          }),
        ],
      },
      'collection.coll_orders',
    ],
    [
      'a field nobody knows',
      { policies: [{ ...aPolicy(), burst: 5 } as never] },
      'policy.pol_standard',
    ],
    ['a client that is none', { clients: [null as never] }, 'client.(no id)'],
    ['no lists', { clients: undefined as never }, 'snapshot'],
  ])('refuses %s and says where', (_name, over, resource) => {
    expect(blamed(() => anIndex(over))).toBe(resource);
  });

  it('accepts collections that are assigned but not published', () => {
    const clients = [aClient({ collections: ['coll_draft', 'coll_orders'] })];
    expect(decideOutcome(anIndex({ clients }), aRequest())).toBe('admitted');
  });

  it('opens upstream secrets and hands each endpoint its own credential, else the collection’s', () => {
    const index = anIndex({
      collections: [
        aCollection({
          credential_id: 'uc_one',
          credentials: [
            { id: 'uc_one', type: 'bearer', token: sealed('s3cret') },
            { id: 'uc_two', type: 'basic', username: 'u', password: sealed('p4ss') },
          ],
          headers: [{ name: 'X-A', value: '1' }],
          endpoints: [
            anEndpoint({ headers: [{ name: 'X-B', value: '2' }] }),
            anEndpoint({ id: 'ep_two', path: '/two', credential_id: 'uc_two' }),
          ],
        }),
      ],
    });
    const [first, second] = index.collectionById.get('coll_orders')?.endpoints ?? [];
    expect(first?.credential).toMatchObject({ type: 'bearer', token: 's3cret' });
    expect(second?.credential).toMatchObject({ username: 'u', password: 'p4ss' });
    expect(first?.headers.map(({ name }) => name)).toEqual(['X-A', 'X-B']);
  });

  it('says nothing secret when it refuses', () => {
    const clients = [
      aClient({
        profiles: [
          aProfile({
            auth: {
              type: 'jwt',
              algorithms: ['HS256'],
              max_lifetime_seconds: 60,
              clock_skew_seconds: 0,
              hmac_secrets: [{ sealed: sealed('tooshort-s3cret') }],
              public_keys: [],
            },
          }),
        ],
      }),
    ];
    expect(() => anIndex({ clients })).toThrow(ConfigError);
    expect(() => anIndex({ clients })).not.toThrow(/s3cret/);
  });
});

describe('applyChange', () => {
  const index = anIndex({
    policies: [aPolicy()],
    clients: [aClient({ policy_id: 'pol_standard' })],
  });

  it('leaves the old index as it was', () => {
    const next = apply(index, { 'client.cl_acme': aClient({ active: false }) });
    expect(decideOutcome(index, aRequest())).toBe('admitted');
    expect(decideOutcome(next, aRequest())).toBe('client_forbidden');
    expect(next.revision).toBe(8);
  });

  it('takes what is gone away', () => {
    expect(decideOutcome(apply(index, { 'client.cl_acme': null }), aRequest())).toBe(
      'client_forbidden',
    );
    expect(decideOutcome(apply(index, { 'collection.coll_orders': null }), aRequest())).toBe(
      'not_found',
    );
  });

  it('starts afresh when the change is complete', () => {
    const values = new Map([['collection.coll_orders', JSON.stringify(aCollection())]]);
    const next = applyChange(index, { revision: 9, complete: true, values }, material);
    expect(next.clientById.size).toBe(0);
    expect(next.policyById.size).toBe(0);
  });

  it('lets a profile move from one client to another in one revision, in any order', () => {
    const moved = {
      'client.cl_two': aClient({ id: 'cl_two' }),
      'client.cl_acme': aClient({ profiles: [] }),
    };
    for (const entries of [Object.entries(moved), Object.entries(moved).reverse()]) {
      const next = apply(index, Object.fromEntries(entries));
      expect(next.clientIdByProfileId.get('pr_default')).toBe('cl_two');
    }
  });

  it('does not compile a body schema again that has not changed', () => {
    const withSchema = (name: string) =>
      aCollection({ name, endpoints: [anEndpoint({ request_schema: { type: 'object' } })] });
    const one = apply(index, { 'collection.coll_orders': withSchema('one') });
    const two = apply(one, { 'collection.coll_orders': withSchema('two') });
    const bodyOf = (from: ConfigIndex) =>
      from.collectionById.get('coll_orders')?.endpoints[0]?.body?.schema;
    expect(bodyOf(two)).toBe(bodyOf(one));
    expect(bodyOf(two)).toBeDefined();
  });

  it('compiles nothing but what the change names', () => {
    const clients = Array.from({ length: 50 }, (_, at) =>
      aClient({ id: `cl_c${at}`, profiles: [aProfile({ id: `pr_p${at}` })] }),
    );
    const many = anIndex({ clients });
    const next = apply(many, { 'client.cl_c7': { ...clients[7], active: false } });
    for (let at = 0; at < 50; at++) {
      const same = next.clientById.get(`cl_c${at}`) === many.clientById.get(`cl_c${at}`);
      expect([at, same]).toEqual([at, at !== 7]);
    }
    expect(next.bases).toBe(many.bases);
    expect(next.collectionById).toBe(many.collectionById);
  });

  it.each<[string, Record<string, unknown>, string]>([
    ['a kind nobody knows', { 'quota.q1': {} }, 'quota.q1'],
    ['the meta key', { meta: {} }, 'meta'],
    ['a key that is none', { 'client.../x': null }, 'client.../x'],
    ['a key of the prototype', { 'constructor.x': null }, 'constructor.x'],
    ['text that is no JSON', { 'client.cl_acme': '{' }, 'client.cl_acme'],
    ['an id that is not the key’s', { 'client.cl_two': aClient() }, 'client.cl_two'],
    ['a policy gone that is in use', { 'policy.pol_standard': null }, 'policy.pol_standard'],
    [
      'a client naming a policy that is not there',
      { 'client.cl_acme': aClient({ policy_id: 'pol_none' }) },
      'client.cl_acme',
    ],
    [
      'a profile that belongs to another',
      { 'client.cl_two': aClient({ id: 'cl_two' }) },
      'client.cl_two',
    ],
    [
      'a base path that is taken',
      { 'collection.coll_two': aCollection({ id: 'coll_two' }) },
      'collection.coll_two',
    ],
  ])('refuses %s', (_name, values, resource) => {
    expect(blamed(() => apply(index, values))).toBe(resource);
  });

  it('lets a policy go together with the last client that named it', () => {
    const next = apply(index, { 'policy.pol_standard': null, 'client.cl_acme': aClient() });
    expect(next.policyById.size).toBe(0);
    expect(next.policyUses.size).toBe(0);
  });

  // Small worlds, so that changes meet each other often.
  const clientId = fc.constantFrom('cl_aa', 'cl_bb', 'cl_cc');
  const policyId = fc.constantFrom('pol_aa', 'pol_bb');
  const collectionId = fc.constantFrom('coll_aa', 'coll_bb');
  const basePath = fc.constantFrom('/a', '/a/b', '/c');
  const edit = fc.oneof(
    fc.record({
      key: clientId.map((id) => `client.${id}`),
      value: fc.option(
        fc.record({
          active: fc.boolean(),
          policy: fc.option(policyId),
          profile: fc.option(fc.constantFrom('pr_aa', 'pr_bb')),
          collections: fc.uniqueArray(collectionId),
        }),
      ),
    }),
    fc.record({ key: policyId.map((id) => `policy.${id}`), value: fc.option(fc.constant({})) }),
    fc.record({
      key: collectionId.map((id) => `collection.${id}`),
      value: fc.option(fc.record({ base_path: basePath })),
    }),
  );
  type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

  function toBody({ key, value }: Edit): string | null {
    if (value === null) return null;
    const id = key.slice(key.indexOf('.') + 1);
    if (key.startsWith('policy.')) return JSON.stringify(aPolicy({ id }));
    if ('base_path' in value)
      return JSON.stringify(aCollection({ id, base_path: value.base_path }));
    if (!('active' in value)) throw new Error(`${key} is no client`);
    const { active, policy, profile, collections } = value;
    const profiles = profile === null ? [] : [aProfile({ id: profile })];
    const named = policy === null ? {} : { policy_id: policy };
    return JSON.stringify(aClient({ id, active, collections, profiles, ...named }));
  }

  const observed = (index: ConfigIndex): unknown => ({
    clients: [...index.clientById.values()].map(({ id }) => id).sort(),
    policies: [...index.policyById.values()].map(({ id }) => id).sort(),
    uses: ['pol_aa', 'pol_bb'].map((id) => index.policyUses.get(id)),
    owners: ['pr_aa', 'pr_bb'].map((id) => index.clientIdByProfileId.get(id)),
    outcomes: ['cl_aa', 'cl_bb', 'cl_cc'].flatMap((client) =>
      ['pr_aa', 'pr_bb'].flatMap((profile) =>
        ['/a/orders', '/a/b/orders', '/c/orders'].map((path) =>
          decideOutcome(
            index,
            aRequest({
              path,
              headers: { ...aRequest().headers, 'x-client-id': client, 'x-profile-id': profile },
            }),
          ),
        ),
      ),
    ),
  });

  it('change by change comes to the same as compiling the result from scratch', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(edit, { minLength: 1, maxLength: 4 }), { maxLength: 12 }),
        (revisions) => {
          let index = emptyIndex();
          const inForce = new Map<string, string>();
          for (const [at, edits] of revisions.entries()) {
            const values = new Map(edits.map((one) => [one.key, toBody(one)]));
            const merged = new Map(inForce);
            for (const [key, body] of values) {
              if (body === null) merged.delete(key);
              else merged.set(key, body);
            }
            const scratch = attempt(() =>
              applyChange(emptyIndex(), { revision: at, complete: true, values: merged }, material),
            );
            const next = attempt(() =>
              applyChange(index, { revision: at, complete: false, values }, material),
            );
            // What one refuses, the other refuses; and a refused revision changes nothing.
            expect(next === null).toBe(scratch === null);
            if (next === null || scratch === null) continue;
            expect(observed(next)).toEqual(observed(scratch));
            index = next;
            inForce.clear();
            for (const [key, body] of merged) inForce.set(key, body);
          }
        },
      ),
      { numRuns: 300 },
    );
  });
});

function attempt(build: () => ConfigIndex): ConfigIndex | null {
  try {
    return build();
  } catch (error) {
    if (error instanceof ConfigError) return null;
    throw error;
  }
}

describe('a snapshot that is garbage', () => {
  it('is refused with a ConfigError and never anything else', () => {
    fc.assert(
      fc.property(fc.anything(), (garbage) => {
        expect(blamed(() => compile(garbage as never, material))).not.toBe('nothing');
      }),
    );
    fc.assert(
      fc.property(fc.string(), fc.oneof(fc.json(), fc.string()), (key, text) => {
        for (const at of [key, 'client.cl_acme', 'collection.coll_orders', 'policy.pol_standard']) {
          const values = new Map([[at, text]]);
          const build = () =>
            applyChange(emptyIndex(), { revision: 1, complete: false, values }, material);
          expect(blamed(build)).not.toBe('nothing');
        }
      }),
    );
  });

  it('in any one place is refused, or admits nobody it did not admit before', () => {
    const snapshot = aSnapshot({
      policies: [aPolicy()],
      clients: [aClient({ policy_id: 'pol_standard' })],
    });
    const places: [path: string[], value: unknown][] = [];
    const walk = (value: unknown, path: string[]): void => {
      if (path.length > 0) places.push([path, value]);
      if (typeof value === 'object' && value !== null) {
        for (const [key, child] of Object.entries(value)) walk(child, [...path, key]);
      }
    };
    walk(snapshot, []);
    const strangers = [
      aRequest({ headers: { 'x-client-id': 'cl_acme', 'x-profile-id': 'pr_default' } }),
      aRequest({ headers: { ...aRequest().headers, authorization: 'Bearer undefined' } }),
      aRequest({ headers: { ...aRequest().headers, 'x-profile-id': 'undefined' } }),
      aRequest({ headers: { ...aRequest().headers, 'x-client-id': '__proto__' } }),
      aRequest({ path: '/v1/unpublished' }),
    ];
    fc.assert(
      fc.property(fc.constantFrom(...places), fc.anything(), ([path], garbage) => {
        const copy = structuredClone(snapshot) as unknown as Record<string, unknown>;
        let at = copy;
        for (const key of path.slice(0, -1)) at = at[key] as Record<string, unknown>;
        at[path.at(-1) ?? ''] = garbage;
        const index = attempt(() => compile(copy as unknown as ConfigSnapshot, material));
        if (index === null) return;
        for (const request of strangers) expect(decideOutcome(index, request)).not.toBe('admitted');
      }),
      { numRuns: 2000 },
    );
  });
});

describe('what the control plane asks before it saves', () => {
  it('is what compile would say', () => {
    expect(checkCollection(aCollection())).toEqual([]);
    const broken = aCollection({
      base_path: '/a/*',
      credential_id: 'uc_gone',
      endpoints: [
        anEndpoint({ path: '/a/{b' }),
        anEndpoint({ id: 'ep_bb', path: '/{x}', target_path: '/{y}' }),
        anEndpoint({ id: 'ep_cc', path: '/{z}', methods: ['GET', 'POST'] }),
        anEndpoint({
          id: 'ep_dd',
          path: '/d',
          request_schema: { $ref: 'http://elsewhere.example/' },
          parameters: [
            { name: 'id', in: 'path', type: 'string', required: true },
            { name: 'X-A', in: 'header', type: 'string', required: false },
            { name: 'x-a', in: 'header', type: 'string', required: false },
          ],
        }),
      ],
    });
    expect(checkCollection(broken).map(({ path }) => path)).toEqual([
      'base_path',
      'credential_id',
      'endpoints.0.path',
      'endpoints.1.target_path',
      'endpoints.3.parameters.0.name',
      'endpoints.3.parameters.2.name',
      'endpoints.3.request_schema',
      'endpoints.2.path',
    ]);
    expect(blamed(() => anIndex({ collections: [broken] }))).toBe('collection.coll_orders');
  });

  it('finds base paths that are taken, however they are written', () => {
    const paths = ['/a', '/a/b', '/%61'].map((base_path, at) => ({ id: `coll_${at}`, base_path }));
    expect(findDuplicateBasePaths(paths)).toEqual([
      { path: 'collections.2.base_path', message: 'is already the base path of coll_0' },
    ]);
  });

  it('finds endpoints that a longer base path hides', () => {
    const own = { id: 'coll_a', base_path: '/a' };
    const others = [own, { id: 'coll_b', base_path: '/a/b' }, { id: 'coll_c', base_path: '/' }];
    expect(findShadowed(own, { path: '/b/c' }, others)).toBe('coll_b');
    expect(findShadowed(own, { path: '/b' }, others)).toBe('coll_b');
    expect(findShadowed(own, { path: '/{b}/c' }, others)).toBeNull();
    expect(findShadowed(own, { path: '/bb' }, others)).toBeNull();
  });
});
