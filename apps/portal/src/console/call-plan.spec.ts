import { describe, expect, it } from '@jest/globals';
import type { EndpointDetail, Parameter } from '../api/types.ts';
import { initialInput } from './call-input.ts';
import type { CallInput } from './call-input.ts';
import { planCall, planTarget } from './call-plan.ts';
import { valueProblem } from './value-problem.ts';

const endpoint = (over: Partial<EndpointDetail> = {}): EndpointDetail => ({
  id: 'ep_x',
  name: 'X',
  description: '',
  methods: ['GET'],
  path: '/orders',
  full_path: '/shop/orders',
  parameters: [],
  request_schema: null,
  response_schema: null,
  examples: {},
  allowed_auth_types: ['token'],
  collection_id: 'coll_shop',
  environments: ['sandbox'],
  ...over,
});
const parameter = (over: Partial<Parameter>): Parameter => ({
  name: 'id',
  in: 'path',
  type: 'string',
  required: false,
  ...over,
});
const input = (over: Partial<CallInput> = {}): CallInput => ({
  method: 'GET',
  values: {},
  extraHeaders: [],
  extraQuery: [],
  body: '',
  ...over,
});

describe('planCall', () => {
  const byId = endpoint({
    path: '/orders/{id}',
    full_path: '/shop/orders/{id}',
    parameters: [parameter({ required: true })],
  });

  it('fills path parameters in, escaped so that they stay one segment', () => {
    const plan = planCall(byId, input({ values: { 'path.id': 'a/../b c?' } }));
    expect(plan.path).toBe('/shop/orders/a%2F..%2Fb%20c%3F');
    expect(plan.pathParams).toEqual({ id: 'a/../b c?' });
  });

  it('a missing path parameter stays visible and is a problem', () => {
    const plan = planCall(byId, input());
    expect(plan.path).toBe('/shop/orders/{id}');
    expect(plan.problems).toEqual([{ field: 'path.id', message: 'This one is required.' }]);
  });

  it('a wildcard keeps its slashes and escapes the rest', () => {
    const files = endpoint({ path: '/files/*', full_path: '/shop/files/*' });
    const plan = planCall(files, input({ values: { 'path.*': '/2026/a b.pdf' } }));
    expect(plan.path).toBe('/shop/files/2026/a%20b.pdf');
    expect(plan.pathParams).toEqual({ '*': '2026/a b.pdf' });
    expect(planCall(files, input()).problems).toHaveLength(1);
  });

  it('repeats list parameters and leaves empty ones out', () => {
    const list = endpoint({
      parameters: [
        parameter({ in: 'query', name: 'tag', type: 'array' }),
        parameter({ in: 'query', name: 'q' }),
      ],
    });
    const plan = planCall(
      list,
      input({ values: { 'query.tag': 'a, b&c' }, extraQuery: [{ name: 'x', value: '1' }] }),
    );
    expect(planTarget(plan)).toBe('/shop/orders?tag=a&tag=b%26c&x=1');
  });

  it('names the content type of a body unless the person did', () => {
    const post = endpoint({ methods: ['POST'] });
    expect(planCall(post, input({ method: 'POST', body: '{}' })).headers).toEqual([
      { name: 'Content-Type', value: 'application/json' },
    ]);
    const own = { name: 'content-type', value: 'text/csv' };
    const plan = planCall(post, input({ method: 'POST', body: 'a;b', extraHeaders: [own] }));
    expect(plan.headers).toEqual([own]);
    expect(plan.problems).toEqual([]);
  });

  it('a GET carries no body, whatever the editor holds', () => {
    expect(planCall(endpoint(), input({ body: '{}' })).body).toBeUndefined();
  });

  it('broken JSON is named before it is sent', () => {
    const plan = planCall(endpoint(), input({ method: 'POST', body: '{"a":' }));
    expect(plan.problems[0]).toMatchObject({ field: 'body' });
  });
});

describe('valueProblem', () => {
  it.each([
    [{ type: 'integer' }, '1.5', 'Must be a whole number.'],
    [{ type: 'number' }, 'x', 'Must be a number.'],
    [{ type: 'integer', minimum: 1 }, '0', 'Must be at least 1.'],
    [{ type: 'number', maximum: 10 }, '10.5', 'Must be at most 10.'],
    [{ type: 'boolean' }, 'yes', 'Must be true or false.'],
    [{ enum: ['a', 'b'] }, 'c', 'Must be one of a, b.'],
    [{ min_length: 3 }, 'ab', 'Needs at least 3 characters.'],
    [{ max_length: 1 }, '💚💚', 'At most 1 characters.'],
    [{ pattern: '^ord_' }, 'x', 'Must match ^ord_'],
    [{ type: 'array', items: 'integer' }, '1,x', 'Must be a whole number.'],
    [{ required: true }, '', 'This one is required.'],
  ] as const)('%j refuses %p', (rules, value, problem) => {
    expect(valueProblem(parameter(rules as Partial<Parameter>), value)).toBe(problem);
  });

  it.each([
    [{}, ''],
    [{ type: 'integer', minimum: 1, maximum: 5 }, '5'],
    [{ pattern: '(' }, 'a pattern the browser cannot read is left to the gateway'],
  ] as const)('%j takes %p', (rules, value) => {
    expect(valueProblem(parameter(rules as Partial<Parameter>), value)).toBeUndefined();
  });
});

describe('initialInput', () => {
  it('gives a required UUID a fresh value, and leaves an optional one empty', () => {
    const key = parameter({ name: 'Idempotency-Key', in: 'header', format: 'uuid' });
    const open = (required: boolean) =>
      initialInput(endpoint({ parameters: [{ ...key, required }] }), () => 'fresh').values;
    expect(open(true)).toEqual({ 'header.Idempotency-Key': 'fresh' });
    expect(open(false)).toEqual({});
  });

  it('opens with examples, and with the first choice only where one must be made', () => {
    const opened = initialInput(
      endpoint({
        methods: ['POST'],
        parameters: [
          parameter({ name: 'id', example: 'ord_1' }),
          parameter({ name: 'state', in: 'query', enum: ['open', 'shut'], required: true }),
          parameter({ name: 'sort', in: 'query', enum: ['up', 'down'] }),
        ],
        examples: { request: { a: 1 } },
      }),
    );
    expect(opened.values).toEqual({ 'path.id': 'ord_1', 'query.state': 'open' });
    expect(opened.method).toBe('POST');
    expect(JSON.parse(opened.body)).toEqual({ a: 1 });
  });
});
