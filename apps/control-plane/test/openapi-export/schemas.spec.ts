import { describe, expect, it } from '@jest/globals';
import type { JsonSchema } from '@portico/contracts';
import { SchemaComponents } from '../../src/openapi-export/schema-components.ts';
import type { JsonObject } from '../../src/openapi-export/exportable.ts';

const convert = (version: '3.0' | '3.1', schema: JsonSchema): JsonObject => {
  const components = new SchemaComponents(version);
  components.add('S', schema);
  return components.toObject();
};
const one = (version: '3.0' | '3.1', schema: JsonSchema) => convert(version, schema).S;

/** [what, the partner's schema, in 3.0, in 3.1] */
const CASES: readonly [string, JsonSchema, unknown, unknown][] = [
  [
    'a nullable type',
    { type: ['string', 'null'] },
    { type: 'string', nullable: true },
    { type: ['string', 'null'] },
  ],
  [
    'the nullable of an imported 3.0 document',
    { type: 'string', nullable: true },
    { type: 'string', nullable: true },
    { type: ['string', 'null'] },
  ],
  [
    'a choice of types',
    { type: ['string', 'integer', 'null'], minLength: 1 },
    {
      minLength: 1,
      allOf: [
        {
          anyOf: [
            { type: 'string', nullable: true },
            { type: 'integer', nullable: true },
          ],
        },
      ],
    },
    { type: ['string', 'integer', 'null'], minLength: 1 },
  ],
  ['null alone', { type: 'null' }, { nullable: true, enum: [null] }, { type: 'null' }],
  ['const', { const: 'a' }, { enum: ['a'] }, { const: 'a' }],
  [
    'exclusive limits',
    { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 9 },
    { type: 'number', minimum: 0, exclusiveMinimum: true, maximum: 9, exclusiveMaximum: true },
    { type: 'number', exclusiveMinimum: 0, exclusiveMaximum: 9 },
  ],
  [
    'an exclusive limit weaker than the inclusive one',
    { minimum: 5, exclusiveMinimum: 1 },
    { minimum: 5 },
    { minimum: 5, exclusiveMinimum: 1 },
  ],
  [
    'the exclusive flag of draft 4',
    { minimum: 5, exclusiveMinimum: true },
    { minimum: 5, exclusiveMinimum: true },
    { exclusiveMinimum: 5 },
  ],
  ['examples', { examples: ['a', 'b'] }, { example: 'a' }, { examples: ['a', 'b'] }],
  ['true', true, {}, {}],
  ['false', false, { not: {} }, { not: {} }],
  [
    'a closed object',
    { type: 'object', additionalProperties: false },
    { type: 'object', additionalProperties: false },
    { type: 'object', additionalProperties: false },
  ],
  [
    'if, then, else',
    { if: { required: ['a'] }, then: { required: ['b'] } },
    {
      allOf: [
        {
          anyOf: [
            { allOf: [{ required: ['a'] }, { required: ['b'] }] },
            { allOf: [{ not: { required: ['a'] } }, {}] },
          ],
        },
      ],
    },
    { if: { required: ['a'] }, then: { required: ['b'] } },
  ],
  [
    'dependencies of draft 7',
    { dependencies: { a: ['b'] } },
    { allOf: [{ anyOf: [{ not: { required: ['a'] } }, { required: ['b'] }] }] },
    { dependentRequired: { a: ['b'] } },
  ],
  [
    'a tuple of draft 7',
    { type: 'array', items: [{ type: 'string' }], additionalItems: false },
    {
      type: 'array',
      maxItems: 1,
      items: { type: 'string' },
      'x-not-expressed': ['prefixItems'],
    },
    { type: 'array', prefixItems: [{ type: 'string' }], items: { not: {} } },
  ],
  [
    'properties named by pattern',
    { patternProperties: { '^x': { type: 'string' } }, additionalProperties: false },
    { additionalProperties: { type: 'string' }, 'x-not-expressed': ['patternProperties'] },
    { patternProperties: { '^x': { type: 'string' } }, additionalProperties: false },
  ],
  [
    'what 3.0 cannot say',
    { type: 'array', items: {}, contains: { const: 1 } },
    { type: 'array', items: {}, 'x-not-expressed': ['contains'] },
    { type: 'array', items: {}, contains: { const: 1 } },
  ],
  [
    'binary content',
    { type: 'string', contentEncoding: 'base64' },
    { type: 'string', format: 'byte' },
    { type: 'string', contentEncoding: 'base64' },
  ],
  [
    'properties that are called like keywords',
    { properties: { $ref: { type: 'string' }, const: { const: 1 } }, enum: [{ $ref: '#/x' }] },
    { properties: { $ref: { type: 'string' }, const: { enum: [1] } }, enum: [{ $ref: '#/x' }] },
    { properties: { $ref: { type: 'string' }, const: { const: 1 } }, enum: [{ $ref: '#/x' }] },
  ],
];

describe('a partner’s JSON Schema', () => {
  it.each(CASES)('with %s is said in 3.0 and in 3.1', (_, schema, in30, in31) => {
    expect(one('3.0', schema)).toEqual(in30);
    expect(one('3.1', schema)).toEqual(in31);
  });

  it.each(['3.0', '3.1'] as const)('keeps its references, as components of %s', (version) => {
    const components = convert(version, {
      $id: 'https://acme.test/order.json',
      type: 'object',
      properties: {
        lines: { type: 'array', items: { $ref: '#/definitions/line' } },
        again: { $ref: '#/definitions/line' },
        parent: { $ref: '#' },
        byId: { $ref: 'https://acme.test/order.json#/definitions/line' },
        byAnchor: { $ref: '#sku' },
      },
      definitions: {
        line: { type: 'object', properties: { sku: { $anchor: 'sku', type: 'string' } } },
      },
    });
    expect(components.S).toEqual({
      type: 'object',
      properties: {
        lines: { type: 'array', items: { $ref: '#/components/schemas/S_line' } },
        again: { $ref: '#/components/schemas/S_line' },
        parent: { $ref: '#/components/schemas/S' },
        byId: { $ref: '#/components/schemas/S_line' },
        byAnchor: { $ref: '#/components/schemas/S__sku' },
      },
    });
    expect(components.S_line).toEqual({
      type: 'object',
      properties: { sku: { type: 'string' } },
    });
  });

  it('fetches nothing: a reference to elsewhere allows anything', () => {
    expect(one('3.1', { $ref: 'https://elsewhere.test/x.json', title: 'X' })).toEqual({
      title: 'X',
    });
  });

  it('of two endpoints never shares a name', () => {
    const components = new SchemaComponents('3.1');
    const first = components.add('S', { type: 'string' });
    const second = components.add('S', { type: 'integer' });
    expect([first.$ref, second.$ref]).toEqual([
      '#/components/schemas/S',
      '#/components/schemas/S_2',
    ]);
  });
});
