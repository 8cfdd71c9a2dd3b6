import { describe, expect, it } from '@jest/globals';
import { HTTP_METHODS } from '@portico/contracts';
import type { ConfigSnapshot } from '@portico/contracts';
import fc from 'fast-check';
import { aClient, aCollection, anEndpoint, aProfile } from '@portico/testkit';
import { aContext, anIndex, aRequest, decideOutcome, TOKEN_HEADERS } from '../test/harness.ts';
import type { CompiledClient, CompiledCollection, CompiledEndpoint, ConfigIndex } from './index.ts';
import { decide, profileRefusal, visible, visibleCollections, visibleEndpoints } from './index.ts';
import { compileIpAllowList } from './authorize/ip-allow-list.ts';

const collectionIds = ['coll_aa', 'coll_bb', 'coll_cc'] as const;
const methods = fc.uniqueArray(fc.constantFrom(...HTTP_METHODS), { minLength: 1, maxLength: 3 });
const path = fc
  .uniqueArray(fc.constantFrom('x', 'y', '{p}', '{q}'), { maxLength: 3 })
  .chain((segments) =>
    fc.boolean().map((isOpen) => `/${[...segments, ...(isOpen ? ['*'] : [])].join('/')}`),
  )
  // `/{p}/*` beside `/*` would leave requests to the latter that only the former ever gets.
  .filter((text) => !text.endsWith('}/*'));
const shape = (text: string): string => text.replace(/\{.\}/g, '{}');
const estate = fc.record({
  bases: fc.uniqueArray(fc.constantFrom('/', '/a', '/a/x', '/b'), { minLength: 3, maxLength: 3 }),
  published: fc.array(fc.boolean(), { minLength: 3, maxLength: 3 }),
  endpoints: fc.array(
    fc.uniqueArray(fc.record({ path, methods }), {
      selector: (one) => shape(one.path),
      maxLength: 5,
    }),
    { minLength: 3, maxLength: 3 },
  ),
  assigned: fc.subarray([...collectionIds]),
  active: fc.boolean(),
  authTypes: fc.uniqueArray(fc.constantFrom('token' as const, 'mtls' as const), { minLength: 1 }),
  allowedMethods: fc.uniqueArray(fc.constantFrom(...HTTP_METHODS), { maxLength: 3 }),
  environment: fc.constantFrom('production', 'sandbox', 'staging'),
});
type Estate = typeof estate extends fc.Arbitrary<infer T> ? T : never;

function toSnapshot(world: Estate): Partial<ConfigSnapshot> {
  const collections = collectionIds.map((id, at) =>
    aCollection({
      id,
      base_path: world.bases[at] ?? '/',
      endpoints: (world.endpoints[at] ?? []).map((one, nth) =>
        anEndpoint({ id: `ep_${at}_${nth}`, ...one, allowed_auth_types: world.authTypes }),
      ),
    }),
  );
  const profile = aProfile({
    allowed_methods: world.allowedMethods,
    environment: world.environment,
  });
  return {
    // Drafts never reach a snapshot.
    collections: collections.filter((_, at) => world.published[at]),
    clients: [aClient({ active: world.active, collections: world.assigned, profiles: [profile] })],
  };
}

/** A path that fits the endpoint and, by its fresh parameter values, nothing more specific. */
const aPathOf = (collection: CompiledCollection, endpoint: CompiledEndpoint): string =>
  `${collection.basePath === '/' ? '' : collection.basePath}${endpoint.path}`
    .replaceAll(/\{.\}/g, 'fresh')
    .replace(/\*$/, 'fresh/er/and/longer') || '/';

const acme = (index: ConfigIndex): CompiledClient => {
  const client = index.clientById.get('cl_acme');
  if (client === undefined) throw new Error('no client');
  return client;
};

describe('the scope rule', () => {
  it('shows a client exactly the endpoints that are not refused to it', () => {
    fc.assert(
      fc.property(estate, (world) => {
        const index = anIndex(toSnapshot(world));
        const client = acme(index);
        const profile = client.profileById.get('pr_default');
        if (profile === undefined) throw new Error('no profile');
        const shown = new Set(
          visible(index, client).flatMap(({ endpoints }) => endpoints.map(({ id }) => id)),
        );
        for (const collection of index.collectionById.values()) {
          for (const endpoint of collection.endpoints) {
            for (const method of endpoint.methods) {
              const request = aRequest({ method, path: aPathOf(collection, endpoint) });
              const decision = decide(index, request, aContext());
              const reached = decision.kind === 'admitted' && decision.endpoint.id === endpoint.id;
              const refusal = profileRefusal(profile, collection, endpoint, method);
              expect(reached).toBe(shown.has(endpoint.id) && refusal === null);
              if (shown.has(endpoint.id) && refusal !== null) {
                expect(decision).toMatchObject({ kind: 'refused', code: refusal });
              }
            }
          }
        }
      }),
      { numRuns: 500 },
    );
  });

  it('is the same for rows of a database as for the compiled configuration', () => {
    fc.assert(
      fc.property(estate, (world) => {
        const index = anIndex(toSnapshot(world));
        const rows = collectionIds.map((id, at) => ({
          id,
          published: world.published[at] === true,
        }));
        const client = { active: world.active, collectionIds: new Set<string>(world.assigned) };
        expect(visibleCollections(client, rows).map(({ id }) => id)).toEqual(
          visible(index, acme(index)).map(({ collection }) => collection.id),
        );
      }),
    );
  });

  it('hides drafts, however much is assigned', () => {
    const client = { active: true, collectionIds: new Set(['coll_aa']) };
    const published = { id: 'coll_aa', published: true };
    const draft = { id: 'coll_aa', published: false };
    const endpoints = [
      { id: 'ep_a', published: true },
      { id: 'ep_b', published: false },
    ];
    expect(visibleEndpoints(client, published, endpoints).map(({ id }) => id)).toEqual(['ep_a']);
    expect(visibleEndpoints(client, draft, endpoints)).toEqual([]);
    expect(visibleEndpoints({ ...client, active: false }, published, endpoints)).toEqual([]);
  });
});

describe('decide', () => {
  const index = anIndex();
  const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('', 'cl_acme', '__proto__'));
  const header = fc.oneof(text, fc.array(text), fc.constant(undefined));

  it('answers every request, however malformed, and admits none of them', () => {
    fc.assert(
      fc.property(
        fc.record({
          method: text,
          path: fc.oneof(
            text,
            text.map((rest) => `/v1/${rest}`),
          ),
          query: text,
          clientIp: text,
          headers: fc.record({
            'x-client-id': fc.oneof(fc.constant('cl_acme'), header),
            'x-profile-id': fc.oneof(fc.constant('pr_default'), header),
            authorization: fc.oneof(
              text.map((rest) => `Bearer ${rest}`),
              header,
            ),
          }),
        }),
        (garbage) => {
          const decision = decide(index, { ...garbage, peerCertificate: null }, aContext());
          expect(decision.kind).toBe('refused');
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('answers the same to the same', () => {
    const request = aRequest({ headers: TOKEN_HEADERS });
    const [one, two] = [decide(index, request, aContext()), decide(index, request, aContext())];
    expect(JSON.stringify(one)).toBe(JSON.stringify(two));
    expect(decideOutcome(index, request)).toBe('admitted');
  });
});

describe('allowed addresses', () => {
  it.each<[list: string[], address: string, inside: boolean]>([
    [['192.0.2.0/24'], '192.0.2.255', true],
    [['192.0.2.0/24'], '192.0.3.0', false],
    [['192.0.2.7'], '192.0.2.7', true],
    [['192.0.2.7'], '192.0.2.8', false],
    [['0.0.0.0/0'], '203.0.113.1', true],
    [['0.0.0.0/0'], '2001:db8::1', false],
    [['2001:db8::/32'], '2001:db8:ffff::1', true],
    [['2001:db8::/32'], '2001:db9::1', false],
    [['2001:db8::1'], '2001:DB8:0:0::1', true],
    [['192.0.2.0/24'], '::ffff:192.0.2.9', true],
    [['::ffff:192.0.2.0/120'], '192.0.2.9', true],
    [['fe80::/10'], 'fe80::1%eth0', true],
    [['192.0.2.0/24', '2001:db8::/32'], '2001:db8::1', true],
    [['0.0.0.0/0', '::/0'], '', false],
    [['0.0.0.0/0', '::/0'], 'unknown', false],
    [['0.0.0.0/0', '::/0'], '192.0.2.1, 192.0.2.2', false],
  ])('%j with %s: %s', (list, address, inside) => {
    expect(compileIpAllowList(list)(address)).toBe(inside);
  });
});
