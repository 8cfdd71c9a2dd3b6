import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { validate } from '@readme/openapi-parser';
import { decodeJwt, jwtVerify } from 'jose';
import { parse as parseYaml } from 'yaml';
import { signIn, startPortalEstate, type Visitor } from '../portal-estate.ts';
import type { TestPortico } from '../start-portico.ts';

describe('what a partner sees', () => {
  let portico: TestPortico;
  let acme: Visitor;
  let globex: Visitor;
  beforeAll(async () => {
    portico = await startPortalEstate({ GATEWAY_TLS_URL: 'https://tls.gateway.test:8443' });
    acme = await signIn(portico, 'dev@acme.test');
    globex = await signIn(portico, 'dev@globex.test');
  });
  afterAll(() => portico.stop());

  it('is the assigned, published collections with their published endpoints counted', async () => {
    const answer = await acme.get('/collections');
    expect(answer.status).toBe(200);
    expect(answer.body).toEqual({
      data: [
        {
          id: 'coll_orders',
          name: 'The coll_orders',
          description: '',
          base_path: '/orders/v1',
          published_endpoint_count: 4,
          environments: ['production', 'sandbox'],
        },
        expect.objectContaining({ id: 'coll_inventory', published_endpoint_count: 1 }),
      ],
    });
    const other = await globex.get('/collections');
    expect(other.body.data.map(({ id }: { id: string }) => id)).toEqual(['coll_inventory']);
  });

  it('lists the endpoints of a collection with their full paths', async () => {
    const { body } = await acme.get('/collections/coll_orders');
    expect(body.endpoints.map((one: { full_path: string }) => one.full_path).sort()).toEqual([
      '/orders/v1/files/*',
      '/orders/v1/orders',
      '/orders/v1/orders/new',
      '/orders/v1/orders/{order_id}',
    ]);
  });

  it('never includes what is the operator’s business: backends, target paths, drafts', async () => {
    const paths = [
      '/collections',
      '/collections/coll_orders',
      '/collections/coll_orders/endpoints/ep_create_order',
      '/collections/coll_orders/openapi?version=3.0',
      '/collections/coll_orders/openapi?format=yaml',
      '/collections/coll_orders/postman',
    ];
    for (const path of paths) {
      const answer = await acme.get(path);
      expect(answer.status).toBe(200);
      const text = JSON.stringify(answer.body);
      expect(text).not.toMatch(/secret-backend|secret-sandbox|secret-target|drafts|ep_order_draft/);
    }
  });

  it('has one endpoint whole', async () => {
    const { body } = await acme.get('/collections/coll_orders/endpoints/ep_create_order');
    expect(body).toEqual({
      id: 'ep_create_order',
      collection_id: 'coll_orders',
      name: 'Name of ep_create_order',
      description: '',
      methods: ['POST'],
      path: '/orders/new',
      full_path: '/orders/v1/orders/new',
      parameters: [],
      request_schema: { type: 'object', properties: { sku: { type: 'string' } } },
      response_schema: null,
      examples: {},
      allowed_auth_types: ['token', 'jwt', 'oidc', 'mtls', 'none'],
      environments: ['production', 'sandbox'],
    });
  });

  it.each(['3.0', '3.1'])(
    'exports a valid OpenAPI %s document of exactly that',
    async (version) => {
      const json = await acme.get(
        `/collections/coll_orders/openapi?version=${version}&format=json`,
      );
      expect(json.body.openapi.startsWith(`${version}.`)).toBe(true);
      expect(json.headers.get('content-disposition')).toContain('attachment');
      expect(json.body.servers[0].url).toBe('http://gateway.test:8080/orders/v1');
      expect(Object.keys(json.body.paths).sort()).toEqual([
        '/files/{wildcard}',
        '/orders',
        '/orders/new',
        '/orders/{order_id}',
      ]);
      const yaml = await acme.get(
        `/collections/coll_orders/openapi?version=${version}&format=yaml`,
      );
      expect(yaml.headers.get('content-type')).toMatch(/^application\/yaml/);
      expect(parseYaml(yaml.body)).toEqual(json.body);
      expect((await validate(json.body)).valid).toBe(true);
    },
  );

  it.each(['version=2.0', 'format=xml', 'version=3.0&color=blue'])(
    'refuses an export with %s',
    async (query) => {
      const answer = await acme.get(`/collections/coll_orders/openapi?${query}`);
      expect(answer.status).toBe(422);
    },
  );

  it('exports for Postman with identity and credential as variables', async () => {
    const { status, body } = await acme.get(
      '/collections/coll_orders/postman?profile_id=pr_acme_token',
    );
    expect(status).toBe(200);
    const variables = Object.fromEntries(
      body.variable.map(({ key, value }: { key: string; value: string }) => [key, value]),
    );
    expect(variables).toMatchObject({
      client_id: 'cl_acme',
      profile_id: 'pr_acme_token',
      credential: '',
    });
    const text = JSON.stringify(body.item);
    expect(text).toContain('{{client_id}}');
    expect(text).not.toContain('portico_tok_');
  });

  it('names the active profiles', async () => {
    const { body } = await acme.get('/profiles');
    expect(body.data).toContainEqual({
      id: 'pr_acme_token',
      name: 'token profile',
      environment: 'sandbox',
      auth_type: 'token',
    });
    expect(body.data.map(({ id }: { id: string }) => id)).not.toContain('pr_acme_off');
  });

  const headersOf = async (type: string) =>
    (await acme.get(`/profiles/pr_acme_${type}/auth-headers`)).body;

  it('shows the three headers of a token profile, and a curl with them', async () => {
    const { headers, curl } = await headersOf('token');
    expect(headers).toEqual([
      { name: 'X-Client-ID', value: 'cl_acme' },
      { name: 'X-Profile-ID', value: 'pr_acme_token' },
      { name: 'Authorization', value: expect.stringMatching(/^Bearer portico_tok_\w{40}$/) },
    ]);
    for (const { name, value } of headers) expect(curl).toContain(`--header '${name}: ${value}'`);
    expect(curl).toContain(`'http://gateway.test:8080/`);
  });

  it('signs an example for a jwt profile that its secret verifies', async () => {
    const { headers, signing } = await headersOf('jwt');
    const jwt = headers[2].value.replace('Bearer ', '');
    const key = Buffer.from(signing.secret, 'utf8');
    const verified = await jwtVerify(jwt, key, { issuer: 'acme', audience: 'portico' });
    expect(verified.protectedHeader.alg).toBe('HS256');
    const { exp, iat } = decodeJwt(jwt);
    expect(exp! - iat!).toBeLessThanOrEqual(600);
    expect(signing.instructions).toContain('600 seconds');
  });

  it('shows two headers and a curl with a certificate for an mtls profile', async () => {
    const { headers, curl } = await headersOf('mtls');
    expect(headers.map(({ name }: { name: string }) => name)).toEqual([
      'X-Client-ID',
      'X-Profile-ID',
    ]);
    expect(curl).toContain('--cert client.crt');
    expect(curl).toContain('--key client.key');
    expect(curl).toContain('https://tls.gateway.test:8443/');
  });

  it('shows two headers for a profile without credential, and a placeholder for oidc', async () => {
    expect((await headersOf('none')).headers).toHaveLength(2);
    expect((await headersOf('oidc')).headers[2].value).toContain('https://idp.test');
  });

  it('has every read of a secret audited in the name of the person, and never the secret', async () => {
    const shown = await headersOf('token');
    const [entry] = await portico.query<Record<string, unknown>>(
      `select * from audit_log where action = 'profile.read_secret' order by sequence desc limit 1`,
    );
    expect(entry).toMatchObject({
      actor_type: 'portal',
      actor_id: 'dev@acme.test',
      resource_type: 'profile',
      resource_id: 'pr_acme_token',
      ip: '127.0.0.1',
    });
    expect(JSON.stringify(entry)).not.toContain(shown.headers[2].value.slice(7));
  });
});
