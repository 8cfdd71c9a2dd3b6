import { createHash, randomUUID } from 'node:crypto';
import { mintToken } from '@portico/enforcement';
import { seal } from '@portico/messaging';
import { eventually } from '@portico/testkit';
import { randomBytes } from 'node:crypto';
import { startPortico, type Answer, type TestPortico } from './start-portico.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');

export const PORTAL = '/api/v1/developer-portal';

/** Acme has orders and inventory, Globex inventory only; `coll_drafts` is assigned to Acme and a draft. */
export async function startPortalEstate(
  env: Readonly<Record<string, string>> = {},
): Promise<TestPortico> {
  const portico = await startPortico({ PORTICO_DEV_MAILBOX: 'true', ...env });
  await insertCollections(portico);
  await insertClient(portico, 'cl_acme', {
    name: 'Acme Corp',
    emails: ['dev@acme.test', 'both@shared.test'],
    collections: ['coll_orders', 'coll_inventory', 'coll_drafts'],
  });
  await insertClient(portico, 'cl_globex', {
    name: 'Globex',
    emails: ['dev@globex.test', 'both@shared.test'],
    collections: ['coll_inventory'],
  });
  return portico;
}

async function insertCollections(portico: TestPortico): Promise<void> {
  const upstreams = {
    production: { targets: [{ url: 'http://secret-backend.test' }] },
    sandbox: { targets: [{ url: 'http://secret-sandbox.test' }] },
  };
  for (const [id, status] of [
    ['coll_orders', 'published'],
    ['coll_inventory', 'published'],
    ['coll_drafts', 'draft'],
    ['coll_nobodys', 'published'],
  ] as const) {
    await portico.query(
      `insert into collections (id, name, base_path, upstreams, headers, redact, status, created_at, updated_at)
       values ($1, $2, $3, $4, '[]', '{}', $5, $6, $6)`,
      [id, `The ${id}`, `/${id.slice(5)}/v1`, JSON.stringify(upstreams), status, NOW],
    );
  }
  await insertEndpoint(portico, 'ep_list_orders', { collection: 'coll_orders', path: '/orders' });
  await insertEndpoint(portico, 'ep_get_order', {
    collection: 'coll_orders',
    path: '/orders/{order_id}',
  });
  await insertEndpoint(portico, 'ep_create_order', {
    collection: 'coll_orders',
    path: '/orders/new',
    methods: ['POST'],
    request_schema: { type: 'object', properties: { sku: { type: 'string' } } },
  });
  await insertEndpoint(portico, 'ep_files', { collection: 'coll_orders', path: '/files/*' });
  await insertEndpoint(portico, 'ep_order_draft', {
    collection: 'coll_orders',
    path: '/drafts',
    status: 'draft',
  });
  await insertEndpoint(portico, 'ep_items', { collection: 'coll_inventory', path: '/items' });
  await insertEndpoint(portico, 'ep_in_draft', { collection: 'coll_drafts', path: '/x' });
  await insertEndpoint(portico, 'ep_nobodys', { collection: 'coll_nobodys', path: '/x' });
}

interface EndpointOptions {
  readonly collection: string;
  readonly path: string;
  readonly methods?: readonly string[];
  readonly status?: string;
  readonly request_schema?: unknown;
}

export async function insertEndpoint(
  portico: TestPortico,
  id: string,
  { collection, path, methods = ['GET'], status = 'published', request_schema }: EndpointOptions,
): Promise<void> {
  await portico.query(
    `insert into endpoints (id, collection_id, name, methods, path, target_path, parameters, request_schema,
       examples, allowed_auth_types, headers, status, created_at, updated_at)
     values ($1, $2, $3, $4, $5, '/secret-target', '[]', $6, '{}', '{token,jwt,oidc,mtls,none}', '[]', $7, $8, $8)`,
    [
      id,
      collection,
      `Name of ${id}`,
      methods,
      path,
      request_schema === undefined ? null : JSON.stringify(request_schema),
      status,
      NOW,
    ],
  );
}

interface ClientOptions {
  readonly name: string;
  readonly emails: readonly string[];
  readonly collections: readonly string[];
}

/** With one profile of each kind: `pr_acme_token`, `pr_acme_jwt`, … */
export async function insertClient(
  portico: TestPortico,
  id: string,
  { name, emails, collections }: ClientOptions,
): Promise<void> {
  await portico.query(
    `insert into clients (id, name, has_portal_access, created_at, updated_at) values ($1, $2, true, $3, $3)`,
    [id, name, NOW],
  );
  for (const [position, email] of emails.entries()) {
    await portico.query('insert into client_emails values ($1, $2, $3)', [id, email, position]);
  }
  for (const [position, collection] of collections.entries()) {
    await portico.query('insert into client_collections values ($1, $2, $3)', [
      id,
      collection,
      position,
    ]);
  }
  const short = id.slice(3);
  await insertProfile(portico, `pr_${short}_token`, { client: id, type: 'token' });
  await insertProfile(portico, `pr_${short}_jwt`, {
    client: id,
    type: 'jwt',
    auth: {
      algorithms: ['HS256'],
      issuer: short,
      audience: 'portico',
      public_keys: [],
      max_lifetime_seconds: 600,
      clock_skew_seconds: 30,
    },
  });
  await insertProfile(portico, `pr_${short}_oidc`, {
    client: id,
    type: 'oidc',
    auth: { issuer: 'https://idp.test', audience: 'portico' },
  });
  await insertProfile(portico, `pr_${short}_mtls`, { client: id, type: 'mtls' });
  await insertProfile(portico, `pr_${short}_none`, { client: id, type: 'none' });
  await insertProfile(portico, `pr_${short}_off`, { client: id, type: 'token', active: false });
}

interface ProfileOptions {
  readonly client: string;
  readonly type: string;
  readonly auth?: unknown;
  readonly active?: boolean;
}

export async function insertProfile(
  portico: TestPortico,
  id: string,
  { client, type, auth = {}, active = true }: ProfileOptions,
): Promise<void> {
  await portico.query(
    `insert into profiles (id, client_id, name, environment, active, auth_type, auth, allowed_methods,
       allowed_ips, created_at, updated_at)
     values ($1, $2, $3, 'sandbox', $4, $5, $6, '{}', '{}', $7, $7)`,
    [id, client, `${type} profile`, active, type, JSON.stringify(auth), NOW],
  );
  if (type !== 'token' && type !== 'jwt') return;
  const { vaultKey, keyring } = portico.config;
  const key = type === 'token' ? vaultKey : keyring.sealing;
  const secret = type === 'token' ? mintToken(randomBytes) : randomBytes(32).toString('base64url');
  await portico.query(
    `insert into profile_credentials (id, profile_id, kind, sealed, key_id, sha256, created_at)
     values ($1, $2, $3, $4, $5, $6, $7)`,
    [
      randomUUID(),
      id,
      type === 'token' ? 'token' : 'hmac',
      seal(secret, key),
      key.id,
      createHash('sha256').update(secret).digest('hex'),
      NOW,
    ],
  );
}

export interface DevMail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  readonly links: readonly string[];
}

export const mailsOf = async (portico: TestPortico): Promise<readonly DevMail[]> =>
  (await portico.call('GET', '/dev/mail.json', { key: null })).body as DevMail[];

export const tokenOf = (link: string): string => new URL(link).searchParams.get('token')!;

/** Asks for a link and waits for the mail it leads to. */
export async function requestLinks(
  portico: TestPortico,
  email: string,
): Promise<readonly string[]> {
  const before = (await mailsOf(portico)).length;
  await portico.call('POST', `${PORTAL}/request-link`, { key: null, body: { email } });
  return eventually(async () => {
    const mails = await mailsOf(portico);
    const newest = mails.length > before ? mails[0] : undefined;
    if (newest?.to !== email) throw new Error(`no new mail to ${email} yet`);
    return newest.links;
  });
}

/** A browser signed in to the portal. */
export class Visitor {
  constructor(
    readonly portico: TestPortico,
    readonly cookie: string,
  ) {}

  get(path: string): Promise<Answer> {
    return this.call('GET', path);
  }

  post(path: string, body?: unknown): Promise<Answer> {
    return this.call('POST', path, body);
  }

  private call(method: string, path: string, body?: unknown): Promise<Answer> {
    return this.portico.call(method, `${PORTAL}${path}`, {
      key: null,
      headers: { cookie: this.cookie },
      ...(body === undefined ? {} : { body }),
    });
  }
}

export async function signIn(portico: TestPortico, email: string): Promise<Visitor> {
  const [link] = await requestLinks(portico, email);
  const answer = await validateToken(portico, tokenOf(link!));
  if (answer.status !== 200) throw new Error(`sign-in answered ${answer.status}`);
  return new Visitor(portico, cookieOf(answer));
}

export const validateToken = (portico: TestPortico, token: string): Promise<Answer> =>
  portico.call('POST', `${PORTAL}/validate-token`, { key: null, body: { token } });

export const cookieOf = (answer: Answer): string =>
  answer.headers.getSetCookie()[0]!.split(';')[0]!;
