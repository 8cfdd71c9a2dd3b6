import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

const PETSTORE = `
openapi: 3.0.3
info: { title: Pets, version: '1' }
paths:
  /pets/:
    parameters:
      - { name: X-Tenant, in: header, required: true, schema: { type: string } }
    get:
      summary: List pets
      parameters:
        - { name: limit, in: query, schema: { type: integer, minimum: 1, maximum: 100, default: 20 } }
        - { name: tags, in: query, schema: { type: array, items: { type: string } } }
        - { name: session, in: cookie, schema: { type: string } }
        - { name: Authorization, in: header, schema: { type: string } }
      responses: { '200': { content: { application/json: { schema: { type: array } } } } }
    post:
      operationId: createPet
      requestBody:
        content:
          application/json:
            schema: { $ref: '#/components/schemas/Pet' }
            example: { name: Rex }
      responses: { '201': { description: made } }
  /pets/{pet_id}:
    get:
      parameters: [{ $ref: '#/components/parameters/PetId' }]
      responses: { default: { description: any } }
    trace: { responses: {} }
  /loop:
    post:
      requestBody: { content: { application/json: { schema: { $ref: '#/components/schemas/Loop' } } } }
      responses: {}
  /outside:
    get:
      parameters: [{ $ref: 'file:///etc/passwd' }]
      responses: {}
components:
  parameters:
    PetId: { name: pet_id, in: path, required: true, schema: { type: string, format: uuid } }
  schemas:
    Pet:
      type: object
      required: [name]
      xml: { name: pet }
      properties:
        name: { type: string, nullable: true, example: Rex }
        age: { type: integer, minimum: 0, exclusiveMinimum: true }
    Loop: { type: object, properties: { next: { $ref: '#/components/schemas/Loop' } } }
`;

describe('importing an OpenAPI document', () => {
  let portico: TestPortico;
  const post = (body: unknown, query = '') =>
    portico.call('POST', `collections/coll_pets/import${query}`, {
      body,
      ...(typeof body === 'string' ? { headers: { 'content-type': 'application/yaml' } } : {}),
    });
  const endpoints = async () =>
    (await portico.call('GET', 'collections/coll_pets/endpoints')).body.data as {
      path: string;
      methods: string[];
      status: string;
      [field: string]: unknown;
    }[];

  beforeAll(async () => {
    portico = await startPortico();
    await portico.call('POST', 'collections', {
      body: { id: 'coll_pets', name: 'Pets', base_path: '/pets-api' },
    });
  });
  afterAll(() => portico.stop());

  it('reports and keeps nothing in a dry run', async () => {
    const answer = await post(PETSTORE, '?dry_run=true');
    expect(answer.status).toBe(200);
    expect(answer.body.created).toHaveLength(3);
    expect(await endpoints()).toEqual([]);
  });

  it('makes drafts, and says what it could not take over', async () => {
    const { body } = await post(PETSTORE);
    expect(body.created.map(({ method, path }: never) => `${method} ${path}`)).toEqual([
      'GET /pets',
      'POST /pets',
      'GET /pets/{pet_id}',
    ]);
    expect(body.created[0].notes).toEqual([
      'parameter session: cookie parameters are not supported',
    ]);
    expect(body.skipped).toEqual(
      expect.arrayContaining([
        { operation: 'TRACE /pets/{pet_id}', reason: 'TRACE cannot be published' },
        { operation: 'POST /loop', reason: '#/components/schemas/Loop refers to itself' },
        { operation: 'GET /outside', reason: 'file:///etc/passwd leads out of the document' },
      ]),
    );
    expect((await endpoints()).every(({ status }) => status === 'draft')).toBe(true);
  });

  it('takes parameters, schemas and examples over as our own', async () => {
    const all = await endpoints();
    const of = (method: string, path: string) =>
      all.find((one) => one.path === path && one.methods.includes(method));
    const [list, create, get] = [
      of('GET', '/pets'),
      of('POST', '/pets'),
      of('GET', '/pets/{pet_id}'),
    ];
    expect(list).toMatchObject({ name: 'List pets', response_schema: { type: 'array' } });
    expect(list!['parameters']).toEqual([
      { name: 'X-Tenant', in: 'header', type: 'string', required: true },
      {
        name: 'limit',
        in: 'query',
        type: 'integer',
        required: false,
        default: 20,
        minimum: 1,
        maximum: 100,
      },
      { name: 'tags', in: 'query', type: 'array', required: false, items: 'string' },
    ]);
    expect(create!['examples']).toEqual({ request: { name: 'Rex' } });
    expect(create!['request_schema']).toEqual({
      type: 'object',
      required: ['name'],
      properties: {
        name: { type: ['string', 'null'] },
        age: { type: 'integer', exclusiveMinimum: 0 },
      },
    });
    expect(get!['parameters']).toEqual([
      { name: 'pet_id', in: 'path', type: 'string', required: true, format: 'uuid' },
    ]);
  });

  it('leaves alone what is there already', async () => {
    const { body } = await post(PETSTORE);
    expect(body.created).toEqual([]);
    expect(await endpoints()).toHaveLength(3);
  });

  it.each([
    ['Swagger 2', { swagger: '2.0', paths: {} }, 'body.openapi'],
    ['OpenAPI 4', { openapi: '4.0.0', paths: {} }, 'body.openapi'],
    ['a document without paths', { openapi: '3.1.0' }, 'body.paths'],
  ])('refuses %s', async (_, body, path) => {
    const answer = await post(body);
    expect(answer.status).toBe(422);
    expect(answer.body.details[0].path).toBe(path);
  });

  it('is about a collection that exists', async () => {
    const answer = await portico.call('POST', 'collections/coll_none/import', {
      body: { openapi: '3.1.0', paths: {} },
    });
    expect(answer.status).toBe(404);
  });
});
