import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { UpstreamHandler } from '@portico/testkit';
import type { Admin } from '../admin.ts';

const run = promisify(execFile);

/** Tries to run in whatever shows it. Nothing in the portal may ever treat it as more than text. */
export const HOSTILE = `<img src=x onerror=alert(1)><script>alert(2)</script>"'><svg onload=alert(3)>{{7777*7777}}`;

export const PARTNER = 'dev@kaleido.test';
/** Nothing assigned, nothing called. */
export const NEWCOMER = 'dev@newcomer.test';

/** A partner with every kind of profile, and endpoints with every kind of parameter and answer. */
export async function createEstate(admin: Admin, upstreamUrl: string): Promise<void> {
  const upstream = { targets: [{ url: upstreamUrl, weight: 1 }] };
  const dead = { targets: [{ url: 'http://127.0.0.1:9', weight: 1 }] };
  const shared = { log_bodies: 'all', upstreams: { sandbox: upstream } };
  await admin.create('/collections', {
    id: 'coll_shapes',
    name: 'Shapes',
    description: 'Every kind of parameter, body and answer.\nWith `code` in the second line.',
    base_path: '/shapes',
    ...shared,
    upstreams: { production: upstream, sandbox: upstream, broken: dead },
  });
  await admin.create('/collections', {
    id: 'coll_hostile',
    name: HOSTILE.slice(0, 100),
    description: HOSTILE,
    base_path: '/hostile',
    ...shared,
  });
  for (const [collection, endpoints] of Object.entries(ENDPOINTS)) {
    for (const endpoint of endpoints) {
      await admin.create(`/collections/${collection}/endpoints`, {
        ...endpoint,
        status: 'published',
      });
    }
    await admin.send('PUT', `/collections/${collection}/status`, { status: 'published' });
  }
  await admin.create('/policies', {
    id: 'pol_kaleido',
    name: 'Two a minute for one profile',
    rate_limits: [{ requests: 2, window: '1m' }],
    quota: null,
  });
  await admin.create('/policies', {
    id: 'pol_kaleido_all',
    name: 'Plenty',
    rate_limits: [{ requests: 600, window: '1m' }],
    quota: { requests: 50, period: 'month' },
  });
  await admin.create('/clients', {
    id: 'cl_kaleido',
    name: 'Kaleido & Sons International Trading',
    has_portal_access: true,
    authorized_emails: [PARTNER],
    collections: ['coll_shapes', 'coll_hostile'],
    policy_id: 'pol_kaleido_all',
  });
  await admin.create('/clients', {
    id: 'cl_newcomer',
    name: HOSTILE.slice(0, 100),
    has_portal_access: true,
    authorized_emails: [NEWCOMER],
    collections: [],
  });
  for (const profile of await profiles())
    await admin.create('/clients/cl_kaleido/profiles', profile);
}

const profiles = async () => [
  { id: 'pr_k_sandbox', name: 'sandbox', environment: 'sandbox', auth_type: 'token' },
  {
    id: 'pr_k_tight',
    name: 'tight',
    environment: 'sandbox',
    auth_type: 'token',
    policy_id: 'pol_kaleido',
  },
  { id: 'pr_k_broken', name: 'broken', environment: 'broken', auth_type: 'token' },
  {
    id: 'pr_k_jwt',
    name: 'signing',
    environment: 'sandbox',
    auth_type: 'jwt',
    auth: { algorithms: ['HS256'], max_lifetime_seconds: 300, clock_skew_seconds: 30 },
  },
  {
    id: 'pr_k_oidc',
    name: 'workforce',
    environment: 'sandbox',
    auth_type: 'oidc',
    auth: { issuer: 'https://login.kaleido.test', audience: 'portico' },
  },
  {
    id: 'pr_k_mtls',
    name: 'machines',
    environment: 'sandbox',
    auth_type: 'mtls',
    auth: { certificates: [await certificate()] },
  },
  { id: 'pr_k_none', name: 'open', environment: 'sandbox', auth_type: 'none' },
];

async function certificate(): Promise<string> {
  const { stdout } = await run('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'],
    ...['-days', '365', '-subj', '/CN=kaleido-machine', '-keyout', '/dev/null'],
  ]);
  return stdout;
}

const ALL_TYPES = ['token', 'jwt', 'oidc', 'mtls', 'none'];

const ENDPOINTS: Readonly<Record<string, readonly Record<string, unknown>[]>> = {
  coll_shapes: [
    {
      id: 'ep_fields',
      name: 'Draw a shape',
      description: 'One input of every kind. Send `kind` and `sides`, the rest is up to you.',
      methods: ['GET', 'DELETE'],
      path: '/draw/{kind}',
      allowed_auth_types: ALL_TYPES,
      parameters: [
        { name: 'kind', in: 'path', type: 'string', required: true, enum: ['circle', 'polygon'] },
        {
          ...{ name: 'sides', in: 'query', type: 'integer', required: true },
          ...{ minimum: 3, maximum: 12, description: 'How many corners the shape has.' },
        },
        { name: 'scale', in: 'query', type: 'number', minimum: 0.1 },
        { name: 'filled', in: 'query', type: 'boolean' },
        { name: 'tags', in: 'query', type: 'array', items: 'string' },
        { name: 'on', in: 'query', type: 'string', format: 'date' },
        { name: 'code', in: 'query', type: 'string', pattern: '^[A-Z]{3}$', max_length: 3 },
        { name: 'X-Trace-Me', in: 'header', type: 'string', description: 'Comes back to you.' },
      ],
    },
    {
      id: 'ep_create',
      name: 'Create a shape',
      description: 'A body with rules.',
      methods: ['POST'],
      path: '/shapes',
      allowed_auth_types: ALL_TYPES,
      request_schema: {
        type: 'object',
        required: ['name', 'sides'],
        additionalProperties: false,
        properties: {
          name: { type: 'string', minLength: 1, description: 'What to call it' },
          sides: { type: 'integer', minimum: 3 },
          colour: { oneOf: [{ type: 'string' }, { type: 'array', items: { type: 'integer' } }] },
          nested: { type: 'object', properties: { deeper: { type: 'boolean' } } },
        },
      },
      examples: { request: { name: 'Triangle', sides: 3 } },
    },
    {
      id: 'ep_answers',
      name: 'Get any kind of answer',
      description: 'Text, pictures, files, nothing at all.',
      methods: ['GET'],
      path: '/answers/{kind}',
      allowed_auth_types: ALL_TYPES,
      parameters: [{ name: 'kind', in: 'path', type: 'string', required: true, example: 'json' }],
    },
    {
      id: 'ep_files',
      name: 'Fetch a file',
      description: 'Whatever lies below.',
      methods: ['GET'],
      path: '/files/*',
      allowed_auth_types: ['token'],
    },
  ],
  coll_hostile: [
    {
      id: 'ep_hostile',
      name: HOSTILE.slice(0, 100),
      description: HOSTILE,
      methods: ['POST'],
      path: '/answers/{kind}',
      parameters: [
        {
          ...{ name: 'kind', in: 'path', type: 'string', required: true, example: 'html' },
          ...{ description: HOSTILE, enum: ['html', 'svg', 'headers', HOSTILE] },
        },
      ],
      request_schema: {
        type: 'object',
        description: HOSTILE,
        properties: { [HOSTILE]: { type: 'string', description: HOSTILE } },
      },
      examples: { request: { [HOSTILE]: HOSTILE } },
    },
  ],
};

/** A plain picture, big enough to be seen. */
export const PICTURE = bitmap(48);

function bitmap(side: number): Buffer {
  const [head, info] = [14, 40];
  const bytes = Buffer.alloc(head + info + side * side * 3);
  bytes.write('BM');
  bytes.writeUInt32LE(bytes.length, 2);
  bytes.writeUInt32LE(head + info, 10);
  bytes.writeUInt32LE(info, 14);
  bytes.writeInt32LE(side, 18);
  bytes.writeInt32LE(side, 22);
  bytes.writeUInt16LE(1, 26);
  bytes.writeUInt16LE(24, 28);
  return bytes.fill(Buffer.from([0xec, 0xae, 0x1d]), head + info);
}

export const ARCHIVE = Buffer.from([0x50, 0x4b, 3, 4, 0, 0xff, 0xfe]);

const ANSWERS: Readonly<Record<string, readonly [type: string, body: string | Buffer]>> = {
  json: ['application/json', '{"id":12345678901234567890,"ok":true,"list":[1,2],"none":{}}'],
  xml: ['application/xml', '<order id="1"><line sku="a"/><note>two &amp; three</note></order>'],
  text: ['text/plain', 'Plain words.\nOn two lines.'],
  html: ['text/html', `<html><body onload=alert(4)>${HOSTILE}</body></html>`],
  svg: ['image/svg+xml', '<svg xmlns="http://www.w3.org/2000/svg" onload="alert(5)"/>'],
  image: ['image/bmp', PICTURE],
  binary: ['application/zip', ARCHIVE],
  headers: ['application/json', JSON.stringify({ said: HOSTILE })],
};

/** The API behind `coll_shapes` and `coll_hostile`. */
export const answer: UpstreamHandler = ({ path, method, headers }, response) => {
  const kind = decodeURIComponent(path.split('/').at(-1) ?? '');
  if (kind === 'empty') return void response.writeHead(204).end();
  if (kind === 'fails') return void response.writeHead(500).end('{"error":"our own trouble"}');
  if (kind === 'headers') response.setHeader('x-said', HOSTILE);
  const [type, body] = ANSWERS[kind] ?? ['application/json', JSON.stringify({ path, method })];
  if (headers['x-trace-me']) response.setHeader('x-trace-me', headers['x-trace-me']);
  response.writeHead(200, { 'content-type': type }).end(body);
};
