import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { PORTAL, signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { Answer, TestPortico } from '../start-portico.ts';

const COLLECTIONS = [
  'coll_orders',
  'coll_drafts',
  'coll_nobodys',
  'coll_no_such',
  '..%2f..',
  "'--",
];
const ENDPOINTS = ['ep_list_orders', 'ep_order_draft', 'ep_in_draft', 'ep_nobodys', 'ep_no_such'];
const PROFILES = ['pr_acme_token', 'pr_acme_mtls', 'pr_globex_off', 'pr_no_such', '%00'];

describe('ids outside the contract', () => {
  let portico: TestPortico;
  let globex: Visitor;
  beforeAll(async () => {
    portico = await startPortalEstate();
    globex = await signIn(portico, 'dev@globex.test');
  });
  afterAll(() => portico.stop());

  const probes: [string, (visitor: Visitor) => Promise<Answer>][] = [
    ...COLLECTIONS.flatMap((id): [string, (visitor: Visitor) => Promise<Answer>][] =>
      ['', '/openapi', '/postman', '/endpoints/ep_items'].map((rest) => [
        `GET /collections/${id}${rest}`,
        (visitor) => visitor.get(`/collections/${id}${rest}`),
      ]),
    ),
    ...ENDPOINTS.flatMap((id): [string, (visitor: Visitor) => Promise<Answer>][] => [
      [
        `GET /collections/coll_inventory/endpoints/${id}`,
        (visitor) => visitor.get(`/collections/coll_inventory/endpoints/${id}`),
      ],
      [`POST /try of ${id}`, (visitor) => tryIt(visitor, 'pr_globex_token', id)],
    ]),
    ...PROFILES.flatMap((id): [string, (visitor: Visitor) => Promise<Answer>][] => [
      [
        `GET /profiles/${id}/auth-headers`,
        (visitor) => visitor.get(`/profiles/${id}/auth-headers`),
      ],
      [
        `GET /collections/coll_inventory/postman for ${id}`,
        (visitor) => visitor.get(`/collections/coll_inventory/postman?profile_id=${id}`),
      ],
      [`POST /try as ${id}`, (visitor) => tryIt(visitor, decodeURIComponent(id), 'ep_items')],
    ]),
  ];

  const tryIt = (visitor: Visitor, profile_id: string, endpoint_id: string) =>
    visitor.post('/try', { profile_id, endpoint_id, method: 'GET' });

  it.each(probes)('answer %s as if they did not exist', async (name, probe) => {
    const answer = await probe(globex);
    if (name.includes('%00') && answer.status === 422) {
      expect(answer.body.error).toBe('validation_failed');
      return;
    }
    const absent = await globex.get('/collections/coll_no_such');
    expect(answer.status).toBe(404);
    expect({ ...answer.body, request_id: '' }).toEqual({ ...absent.body, request_id: '' });
  });

  it('need a session before they are even looked at', async () => {
    const routes = [
      'session',
      'profiles',
      'profiles/pr_globex_token/auth-headers',
      'collections',
      'collections/coll_inventory',
      'collections/coll_inventory/openapi',
      'collections/coll_inventory/postman',
      'collections/coll_inventory/endpoints/ep_items',
    ];
    for (const route of routes) {
      for (const headers of [{}, { cookie: 'portico_portal=x' }, { authorization: 'Bearer x' }]) {
        const answer = await portico.call('GET', `${PORTAL}/${route}`, {
          key: null,
          headers: headers as Record<string, string>,
        });
        expect([route, answer.status]).toEqual([route, 401]);
      }
    }
  });

  it('are not opened by an admin key either: the portal knows sessions only', async () => {
    expect((await portico.call('GET', `${PORTAL}/collections`)).status).toBe(401);
  });
});
