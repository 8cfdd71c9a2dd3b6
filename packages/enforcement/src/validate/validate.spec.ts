import { describe, expect, it } from '@jest/globals';
import type { FailureDetail, Parameter } from '@portico/contracts';
import fc from 'fast-check';
import { aCollection, anEndpoint } from '@portico/testkit';
import { aContext, anIndex, aRequest, TOKEN_HEADERS } from '../../test/harness.ts';
import { checkBody, checkParameter, decide } from '../index.ts';
import type { CompiledEndpoint, InboundRequest } from '../index.ts';
import { findRepeatedName } from './json-names.ts';
import { compilePattern } from './pattern.ts';

/** Details of a refused call of an endpoint with these parameters, or the query it forwards. */
function send(
  parameters: object[],
  over: Partial<InboundRequest>,
  path = '/orders',
): readonly FailureDetail[] | string {
  const endpoint = anEndpoint({ path, parameters: parameters as never });
  const index = anIndex({ collections: [aCollection({ endpoints: [endpoint] })] });
  const decision = decide(index, aRequest(over), aContext());
  if (decision.kind === 'admitted') return decision.upstreamQuery;
  if (decision.kind === 'refused' && decision.code === 'invalid_request') {
    return decision.details ?? [];
  }
  throw new Error(`unexpected ${JSON.stringify(decision.kind)}`);
}

const query = (parameter: object, text: string): readonly FailureDetail[] | string =>
  send([{ name: 'q', in: 'query', ...parameter }], { query: text });

describe('query parameters', () => {
  it.each<[parameter: object, good: string[], bad: string[], message: string]>([
    [
      { type: 'integer' },
      ['0', '-5', '9007199254740991', '-0'],
      [
        '',
        '1.0',
        '1e3',
        '+5',
        '007',
        '0x10',
        '%201',
        '1_0',
        'NaN',
        '9007199254740992',
        '%EF%BC%91',
      ],
      'must be integer',
    ],
    [
      { type: 'number' },
      ['0', '-1.5', '1e3', '2.5E-7'],
      ['', '.5', '5.', 'Infinity', 'NaN', '1e999', '0x1', '1,5'],
      'must be number',
    ],
    [{ type: 'boolean' }, ['true', 'false'], ['', '1', 'TRUE', 'yes'], 'must be true or false'],
    [{ type: 'integer', minimum: 1 }, ['1', '2'], ['0', '-1'], 'must be >= 1'],
    [{ type: 'number', maximum: 1.5 }, ['1.5'], ['1.51', '2'], 'must be <= 1.5'],
    [{ type: 'string', enum: ['a', 'b'] }, ['a', 'b'], ['c', 'A', ''], 'must be one of: a, b'],
    [{ type: 'integer', enum: [1, 2] }, ['1', '2'], ['3'], 'must be one of: 1, 2'],
    [
      { type: 'string', min_length: 2 },
      ['ab', '%F0%9F%98%80a'],
      ['a', '%F0%9F%98%80'],
      'must have at least 2 characters',
    ],
    [
      { type: 'string', max_length: 2 },
      ['', 'ab'],
      ['abc', 'a%20+'],
      'must have at most 2 characters',
    ],
    [{ type: 'string', pattern: '^[A-Z]{3}$' }, ['EUR'], ['eur', 'EURO'], 'must match ^[A-Z]{3}$'],
    [
      { type: 'string', format: 'date' },
      ['2026-02-28'],
      ['2026-02-30', 'x'],
      'must be a valid date',
    ],
    [
      { type: 'string', format: 'date-time' },
      ['2026-02-28T10:00:00Z', '2026-02-28T10:00:00.123%2B01:00'],
      ['2026-02-28', '2026-02-28T25:00:00Z'],
      'must be a valid date-time',
    ],
    [
      { type: 'string', format: 'uuid' },
      ['0190b5f0-3c1e-7c2a-9d2f-1a2b3c4d5e6f'],
      ['0190b5f0'],
      'must be a valid uuid',
    ],
    [{ type: 'string', format: 'email' }, ['a@b.co'], ['a@', '@b'], 'must be a valid email'],
    [
      { type: 'string', format: 'uri' },
      ['https://a.example/x'],
      ['a', '/x'],
      'must be a valid uri',
    ],
    [{ type: 'string', format: 'ipv4' }, ['192.0.2.1'], ['192.0.2.256'], 'must be a valid ipv4'],
    [
      { type: 'string', format: 'ipv6' },
      ['2001:db8::1'],
      ['2001:db8', '1.2.3.4'],
      'must be a valid ipv6',
    ],
  ])('%j', (parameter, good, bad, message) => {
    for (const value of good) expect(query(parameter, `q=${value}`)).toBe(`q=${value}`);
    for (const value of bad) {
      expect([value, query(parameter, `q=${value}`)]).toEqual([
        value,
        [{ path: 'query.q', message }],
      ]);
    }
  });

  it('that are required must be there', () => {
    const required = { type: 'string', required: true };
    expect(query(required, '')).toEqual([{ path: 'query.q', message: 'is required' }]);
    expect(query(required, 'q=')).toBe('q=');
    expect(query(required, '%71=x')).toBe('%71=x');
  });

  it('that are scalars must be given once, so that nobody downstream picks another', () => {
    const twice = [{ path: 'query.q', message: 'must be given once' }];
    expect(query({ type: 'integer' }, 'q=1&q=2')).toEqual(twice);
    expect(query({ type: 'integer' }, 'q=1&%71=1')).toEqual(twice);
  });

  it('that are lists are repeated, each item checked', () => {
    const list = { type: 'array', items: 'integer', maximum: 9 };
    expect(query(list, 'q=1&q=2')).toBe('q=1&q=2');
    expect(query(list, 'q=1&q=x&q=10')).toEqual([
      { path: 'query.q.1', message: 'must be integer' },
      { path: 'query.q.2', message: 'must be <= 9' },
    ]);
  });

  it('that are unknown pass through as they were sent', () => {
    expect(query({ type: 'integer' }, 'other=%7e&&x&=')).toBe('other=%7e&&x&=');
  });

  it('that are left out get their default, encoded', () => {
    expect(query({ type: 'integer', default: 50 }, '')).toBe('q=50');
    expect(query({ type: 'string', default: 'a&b=c' }, 'x=1')).toBe('x=1&q=a%26b%3Dc');
    expect(query({ type: 'integer', default: 50 }, 'q=5')).toBe('q=5');
  });

  it('with a malformed escape are refused, for it could be read in two ways', () => {
    const detail = [{ path: 'query', message: 'has a malformed percent escape' }];
    expect(query({ type: 'string' }, 'q=%zz')).toEqual(detail);
    expect(query({ type: 'string' }, 'other=%ff')).toEqual(detail);
  });

  it('name at most twenty violations', () => {
    const text = Array.from({ length: 5000 }, () => 'q=x').join('&');
    expect(query({ type: 'array', items: 'integer' }, text)).toHaveLength(20);
  });
});

describe('path and header parameters', () => {
  const id = { name: 'id', in: 'path', type: 'string', required: true, max_length: 3 };

  it('are checked decoded', () => {
    expect(send([id], { path: '/v1/orders/%41%20b' }, '/orders/{id}')).toBe('');
    expect(send([id], { path: '/v1/orders/%41%20bc' }, '/orders/{id}')).toEqual([
      { path: 'path.id', message: 'must have at most 3 characters' },
    ]);
  });

  it('find their header whatever its case, and name it as it was defined', () => {
    const header = { name: 'X-Page', in: 'header', type: 'integer', required: true };
    const withHeader = (value: string | string[] | undefined) =>
      send([header], { headers: { ...TOKEN_HEADERS, 'x-page': value } });
    expect(withHeader('5')).toBe('');
    expect(withHeader('x')).toEqual([{ path: 'header.X-Page', message: 'must be integer' }]);
    expect(withHeader(undefined)).toEqual([{ path: 'header.X-Page', message: 'is required' }]);
    expect(withHeader(['1', '2'])).toEqual([
      { path: 'header.X-Page', message: 'must be given once' },
    ]);
  });

  it('are all named at once', () => {
    const limit = { name: 'limit', in: 'query', type: 'integer', required: true };
    const details = send([id, limit], { path: '/v1/orders/long' }, '/orders/{id}');
    expect(details).toEqual([
      { path: 'path.id', message: 'must have at most 3 characters' },
      { path: 'query.limit', message: 'is required' },
    ]);
  });
});

describe('a parameter definition', () => {
  const base: Parameter = { name: 'q', in: 'query', type: 'string', required: false };
  it.each<[over: Partial<Parameter>, path: string]>([
    [{ pattern: '(' }, 'pattern'],
    [{ pattern: '(a+)+$' }, 'pattern'],
    [{ type: 'integer', pattern: 'a' }, 'pattern'],
    [{ minimum: 1 }, 'minimum'],
    [{ type: 'boolean', maximum: 1 }, 'maximum'],
    [{ type: 'integer', minimum: 2, maximum: 1 }, 'minimum'],
    [{ min_length: 2, max_length: 1 }, 'min_length'],
    [{ type: 'integer', min_length: 1 }, 'min_length'],
    [{ type: 'integer', format: 'date' }, 'format'],
    [{ type: 'boolean', enum: ['true'] }, 'enum'],
    [{ type: 'integer', enum: [1, 'x'] }, 'enum.1'],
    [{ enum: ['a', 'b'], default: 'c' }, 'default'],
    [{ type: 'integer', maximum: 10, default: 11 }, 'default'],
    [{ in: 'header', default: 'x' }, 'default'],
    [{ in: 'header', type: 'array' }, 'type'],
    [{ items: 'string' }, 'items'],
  ])('%j is refused at %s', (over, path) => {
    expect(checkParameter({ ...base, ...over }).map((problem) => problem.path)).toEqual([path]);
  });

  it.each<Partial<Parameter>>([
    {},
    { type: 'integer', minimum: 1, maximum: 100, default: 20, enum: [10, 20] },
    { type: 'array', items: 'integer', minimum: 1, default: 5 },
    { format: 'uuid', min_length: 1, max_length: 40, pattern: '^[0-9a-f-]+$' },
  ])('%j is accepted', (over) => expect(checkParameter({ ...base, ...over })).toEqual([]));
});

describe('a pattern', () => {
  it.each([
    '^[a-z0-9]+(?:-[a-z0-9]+)*$',
    '^(?:[a-z]+\\.)+[a-z]{2,}$',
    '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$',
    '^(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}$',
    '^v?\\d+\\.\\d+(?:-[a-z0-9]+)?$',
    '^\\d{1,3}(?:\\.\\d{1,3}){3}$',
    '^(?:GET|POST)$',
    '^(?:foo|bar)+$',
    '^(?:ab)*$',
    '^(?:[a-z]{2,63}\\.){1,8}[a-z]{2,63}$',
    '^(?=.*\\d)(?=.*[a-z]).{8,64}$',
    '^\\p{Lu}\\p{L}*$',
    '^[\\w.~-]{1,128}$',
  ])('%s is accepted', (source) => expect(compilePattern(source)).toMatchObject({ ok: true }));

  it.each([
    '(a+)+$',
    '(a*)*b',
    '([a-z]+)*=',
    '(a|a)*b',
    '(a|ab)+$',
    '(?:\\w+\\s?)*$',
    '((a+)b?)+$',
    '(?:a?){50}b',
    '(.*)*x',
    '(?:.+,)+$',
    '(?:a{1,50}){1,50}x',
    '(a)\\1+',
    '(?<n>a+)\\k<n>',
    '(',
    '[z-a]',
    'a{2,1}',
    '\\',
    'x'.repeat(1001),
    'a+b+c+d+e+f+g+',
    '^(?:.+[ab]){7}$',
    '(?:(?:.+a){4}b){4}',
    '(?:-[a-z]?[a-z]?)*$',
    '(?:-[a-z]+[a-z]+)*$',
    '(?:(?:a?b?){16}){16}c',
    '(?:(?:a|a){16}){16}c',
    '(?:(?:a|){16}){16}c',
    `${'a?'.repeat(30)}${'a'.repeat(30)}`,
  ])('%s is refused', (source) => expect(compilePattern(source)).toMatchObject({ ok: false }));

  it('is never tried on text long enough to make it slow', () => {
    const longest = (source: string): number => {
      const compiled = compilePattern(source);
      if (!compiled.ok) throw new Error(compiled.problem);
      const lengths = [40, 90, 250, 2000, 60_000];
      return lengths.findLast((length) => compiled.pattern.test('a'.repeat(length))) ?? 0;
    };
    expect(longest('^a*$')).toBe(60_000);
    expect(longest('a*$')).toBe(2000);
    expect(longest('^a*a*$')).toBe(2000);
    expect(longest('^b|a*$')).toBe(2000);
    expect(longest('^a*a*a*$')).toBe(250);
    expect(longest('a*a*a*$')).toBe(90);
    expect(longest('a*a*a*a*a*$')).toBe(40);
  });

  it('that is accepted means what it says', () => {
    fc.assert(
      fc.property(
        fc.stringMatching(/^[ab()|*+?.\\d]{0,12}$/),
        fc.string({ maxLength: 12 }),
        (source, text) => {
          const compiled = compilePattern(source);
          if (compiled.ok)
            expect(compiled.pattern.test(text)).toBe(new RegExp(source, 'u').test(text));
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const endpointWith = (request_schema: unknown): CompiledEndpoint => {
  const endpoint = anEndpoint({ methods: ['POST'], request_schema: request_schema as never });
  const index = anIndex({ collections: [aCollection({ endpoints: [endpoint] })] });
  const [compiled] = index.collectionById.get('coll_orders')?.endpoints ?? [];
  if (compiled === undefined) throw new Error('no endpoint');
  return compiled;
};
const check = (schema: unknown, body: unknown, type = 'application/json') =>
  checkBody(
    endpointWith(schema),
    Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    type,
  );

const ORDER = {
  type: 'object',
  required: ['amount', 'currency'],
  additionalProperties: false,
  properties: {
    amount: { type: 'integer', minimum: 1 },
    currency: { type: 'string', pattern: '^[A-Z]{3}$', example: 'EUR', 'x-hint': 'ISO 4217' },
    lines: { type: 'array', items: { type: 'object', properties: { 'a/b': { type: 'number' } } } },
    due: { type: 'string', format: 'date' },
  },
};

describe('a body', () => {
  it('that fits is accepted', () => {
    const lines = [{ 'a/b': 1 }];
    expect(check(ORDER, { amount: 1, currency: 'EUR', lines, due: '2026-01-31' })).toEqual([]);
  });

  it('that does not has every violation named where it is', () => {
    const body = {
      amount: 'x',
      lines: [{ 'a/b': 1 }, { 'a/b': 'x' }],
      due: '2026-02-30',
      extra: 1,
    };
    expect(check(ORDER, body)).toEqual(
      expect.arrayContaining([
        { path: 'body.currency', message: 'is required' },
        { path: 'body.extra', message: 'is not allowed' },
        { path: 'body.amount', message: 'must be integer' },
        { path: 'body.lines.1.a/b', message: 'must be number' },
        { path: 'body.due', message: 'must match format "date"' },
      ]),
    );
  });

  it.each<[string, string, string]>([
    ['nothing', '', 'is required'],
    ['no JSON', '{"amount":', 'must be valid JSON in UTF-8'],
    ['a byte order mark', '\ufeff{}', 'must be valid JSON in UTF-8'],
    [
      'a name twice',
      '{"amount":1,"currency":"EUR","am\\u006funt":-1}',
      'has the name "amount" twice in one object',
    ],
    ['another type', '[]', 'must be object'],
  ])('%s is refused', (_name, body, message) => {
    expect(check(ORDER, body)).toEqual([{ path: 'body', message }]);
  });

  it('that is not UTF-8 is refused', () => {
    const details = checkBody(
      endpointWith(ORDER),
      Buffer.from([0x22, 0xff, 0x22]),
      'application/json',
    );
    expect(details).toEqual([{ path: 'body', message: 'must be valid JSON in UTF-8' }]);
  });

  it.each<[type: string | undefined, ok: boolean]>([
    ['application/json', true],
    ['Application/JSON; charset=UTF-8', true],
    ['application/json; charset="utf-8"; x=y', true],
    ['application/merge-patch+json', true],
    [undefined, false],
    ['', false],
    ['text/json', false],
    ['application/jsonx', false],
    ['application/x-www-form-urlencoded', false],
    ['application/json;  charset=utf-16', false],
    ['application/json, text/plain', false],
  ])('of type %s is JSON: %s', (type, ok) => {
    const details = checkBody(endpointWith(true), Buffer.from('{}'), type);
    expect(details.map(({ path }) => path)).toEqual(ok ? [] : ['header.content-type']);
  });

  it('has at most twenty violations named, and one only when it is large', () => {
    const schema = { type: 'array', items: { type: 'integer' } };
    expect(
      check(
        schema,
        Array.from({ length: 100 }, () => 'x'),
      ),
    ).toHaveLength(20);
    expect(
      check(
        schema,
        Array.from({ length: 100_000 }, () => 'x'),
      ),
    ).toHaveLength(1);
  });

  it('that is nested without end is refused, not followed', () => {
    const tree = { type: 'array', items: { $ref: '#' } };
    const body = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(check(tree, body)).toEqual([{ path: 'body', message: 'is nested too deeply' }]);
  });

  it('with a member called __proto__ is judged like any other', () => {
    const details = check(ORDER, '{"amount":1,"currency":"EUR","__proto__":{"x":1}}');
    expect(details).toEqual([{ path: 'body.__proto__', message: 'is not allowed' }]);
  });

  it('is not looked at where no schema asks for it', () => {
    const [endpoint] = anIndex().collectionById.get('coll_orders')?.endpoints ?? [];
    expect(endpoint && checkBody(endpoint, Buffer.from('x'), undefined)).toEqual([]);
  });

  it('is checked by draft-07 where the schema says so, by 2020-12 otherwise', () => {
    const tuple = [{ type: 'integer' }, { type: 'string' }];
    const draft07 = { $schema: 'http://json-schema.org/draft-07/schema#', items: tuple };
    const draft2020 = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      prefixItems: tuple,
    };
    for (const schema of [draft07, draft2020, { prefixItems: tuple }]) {
      expect(check(schema, [1, 'x'])).toEqual([]);
      expect(check(schema, ['x', 'x'])).toEqual([{ path: 'body.0', message: 'must be integer' }]);
    }
  });

  it('can be described with local references and an own $id, even the same one twice', () => {
    const named = (type: string) => ({
      $id: 'https://acme.example/order',
      $ref: '#/$defs/it',
      $defs: { it: { type } },
    });
    expect(check(named('integer'), 1)).toEqual([]);
    expect(check(named('string'), 1)).toEqual([{ path: 'body', message: 'must be string' }]);
  });

  it.each<[string, unknown]>([
    ['a reference to elsewhere', { $ref: 'https://evil.example/schema.json' }],
    ['a reference to a file', { $ref: 'file:///etc/passwd' }],
    ['a dangling reference', { $ref: '#/$defs/missing' }],
    ['an unknown dialect', { $schema: 'http://json-schema.org/draft-04/schema#' }],
    ['a dialect that is no text', { $schema: 7 }],
    ['a misspelt keyword', { type: 'string', minLenght: 3 }],
    ['an unknown format', { type: 'string', format: 'iban' }],
    ['a keyword of the wrong type', { type: 'string', minLength: '3' }],
    ['an unknown type', { type: 'strnig' }],
    ['a pattern that could hang', { type: 'string', pattern: '(a+)+$' }],
    ['such a pattern for names', { patternProperties: { '(a+)+$': {} } }],
    ['2020-12 with draft-07 tuples', { items: [{ type: 'string' }] }],
  ])('cannot be described with %s', (_name, schema) => {
    expect(() => endpointWith(schema)).toThrow(
      /^collection\.coll_orders: endpoints\.ep_list_orders\.request_schema/,
    );
  });
});

describe('repeated names', () => {
  it('are found exactly where they are, at any depth', () => {
    fc.assert(fc.property(fc.json(), (text) => expect(findRepeatedName(text)).toBeNull()));
    expect(findRepeatedName('[{"a":{"b":1,"b":2}}]')).toBe('b');
    expect(findRepeatedName('{"a":"a","b":["a","a"],"c":{"a":1}}')).toBeNull();
    expect(findRepeatedName('{"a\\"":1 , "a\\"" : 2}')).toBe('a"');
    expect(findRepeatedName('{"a":"\\\\","a":1}')).toBe('a');
  });
});
