// What the admin has set up: partners that call all the time, and partners and endpoints that are
// switched on and off while they do.

export const CALLERS = 50;
export const SWITCHED = 40;
export const WITNESS = { client: 'cl_witness', profile: 'pr_witness' };
const COLLECTION = 'coll_bench';

/** A configuration document; everything in it is on. */
export function documentOf({ clients, upstreamUrl }) {
  const endpoint = (id, path) => ({
    ...{ id, name: id, methods: ['GET'], path, status: 'published' },
    allowed_auth_types: ['token', 'none'],
  });
  const client = (id, profile, auth_type) => ({
    ...{ id, name: id, collections: [COLLECTION], policy_id: 'pol_bench' },
    profiles: [{ id: profile, name: 'main', environment: 'production', auth_type }],
  });
  const others = Math.max(0, clients - CALLERS - SWITCHED - 1);
  return {
    format: 1,
    policies: [
      {
        ...{ id: 'pol_bench', name: 'Bench', quota: null },
        rate_limits: [{ requests: 1_000_000, window: '1m' }],
      },
    ],
    collections: [
      {
        ...{ id: COLLECTION, name: 'Bench', base_path: '/bench', status: 'published' },
        upstreams: { production: { targets: [{ url: upstreamUrl, weight: 1 }] } },
        endpoints: [
          endpoint('ep_orders', '/orders/{order_id}'),
          ...range(SWITCHED).map((n) => endpoint(`ep_switched_${n}`, `/switched${n}/{id}`)),
        ],
      },
    ],
    clients: [
      ...range(CALLERS).map((n) => client(`cl_caller_${n}`, `pr_caller_${n}`, 'token')),
      ...range(SWITCHED).map((n) => client(`cl_switched_${n}`, `pr_switched_${n}`, 'none')),
      client(WITNESS.client, WITNESS.profile, 'none'),
      ...range(others).map((n) => client(`cl_other_${n}`, `pr_other_${n}`, 'token')),
    ],
  };
}

/**
 * The n-th change: whom the admin asks for what, and how a call looks that shows whether it is in
 * force. Two of three switch a partner, the third an endpoint.
 */
export function changeOf(n) {
  const isEndpoint = n % 3 === 2;
  const place = isEndpoint ? Math.floor(n / 3) : n - Math.floor((n + 1) / 3);
  const isOn = Math.floor(place / SWITCHED) % 2 === 1;
  const which = place % SWITCHED;
  if (isEndpoint) {
    return {
      kind: 'an endpoint published or withdrawn',
      path: `/endpoints/ep_switched_${which}`,
      body: { status: isOn ? 'published' : 'draft' },
      call: { path: `/bench/switched${which}/1`, ...WITNESS },
      becomes: isOn ? 200 : 404,
    };
  }
  const [client, profile] = [`cl_switched_${which}`, `pr_switched_${which}`];
  return {
    kind: 'a partner switched on or off',
    path: `/clients/${client}`,
    body: { active: isOn },
    call: { path: '/bench/orders/ord_1', client, profile },
    becomes: isOn ? 200 : 403,
  };
}

const range = (length) => Array.from({ length }, (_, n) => n);
