import { describe, expect, it } from '@jest/globals';
import { bodyHints, schemaWords } from './body-hints.ts';
import { describeSchema } from './describe-schema.ts';
import { examplesOf, requestExample } from './examples.ts';
import { exampleOf } from './schema-example.ts';

const ORDER = {
  type: 'object',
  required: ['sku', 'quantity'],
  additionalProperties: false,
  properties: {
    sku: { type: 'string', minLength: 3, maxLength: 40, description: 'Article number.' },
    quantity: { type: 'integer', minimum: 1 },
    note: { type: ['string', 'null'] },
    lines: { type: 'array', items: { $ref: '#/$defs/line' } },
  },
  $defs: {
    line: {
      type: 'object',
      required: ['id'],
      properties: { id: { format: 'uuid', type: 'string' } },
    },
  },
};

describe('describeSchema', () => {
  const order = describeSchema(ORDER);
  const field = (name: string) => order.children.find((child) => child.name === name);

  it('names every field with its type and whether it must be there', () => {
    expect(order.children.map(({ name, type, isRequired }) => [name, type, isRequired])).toEqual([
      ['sku', 'string', true],
      ['quantity', 'integer', true],
      ['note', 'string or null', false],
      ['lines', 'list of object', false],
    ]);
  });

  it('says the rules in words', () => {
    expect(field('sku')?.rules).toEqual(['3 to 40 characters']);
    expect(field('quantity')?.rules).toEqual(['at least 1']);
    expect(order.rules).toEqual(['no other fields']);
  });

  it('follows references, and shows what a list is made of', () => {
    expect(field('lines')?.children.map(({ name, type }) => [name, type])).toEqual([
      ['id', 'string (uuid)'],
    ]);
  });

  it('ends at a schema that contains itself', () => {
    const tree = {
      $ref: '#/$defs/n',
      $defs: { n: { type: 'object', properties: { left: { $ref: '#/$defs/n' } } } },
    };
    expect(JSON.stringify(describeSchema(tree)).length).toBeLessThan(5000);
    const circle = { $ref: '#/$defs/a', $defs: { a: { $ref: '#/$defs/a' } } };
    expect(describeSchema(circle).type).toBe('anything');
  });

  it('merges allOf and lists the options of oneOf by title', () => {
    const schema = {
      allOf: [{ type: 'object', properties: { a: { type: 'string' } }, required: ['a'] }],
      properties: { how: { oneOf: [{ title: 'Courier', type: 'object' }, { type: 'string' }] } },
    };
    const described = describeSchema(schema);
    expect(described.children.map(({ name }) => name)).toEqual(['a', 'how']);
    expect(described.children[1]?.options.map(({ name }) => name)).toEqual(['Courier', 'Option 2']);
  });
});

describe('exampleOf', () => {
  it('makes a value that has every required field', () => {
    expect(exampleOf(ORDER)).toMatchObject({ sku: 'string', quantity: 1 });
  });

  it('prefers what the schema gives as an example, a default or an enum', () => {
    expect(exampleOf({ type: 'string', examples: ['x'] })).toBe('x');
    expect(exampleOf({ type: 'integer', default: 7 })).toBe(7);
    expect(exampleOf({ enum: ['open', 'shut'] })).toBe('open');
  });

  it('ends at a schema that contains itself', () => {
    const schema = {
      $defs: { n: { type: 'object', required: ['n'], properties: { n: { $ref: '#/$defs/n' } } } },
      $ref: '#/$defs/n',
    };
    expect(JSON.stringify(exampleOf(schema))).toContain('null');
  });
});

describe('examples', () => {
  const endpoint = {
    examples: { request: { sku: 'A' }, responses: { found: { id: 1 }, none: [] } },
  };

  it('are read one by one and by name', () => {
    expect(examplesOf(endpoint, 'request')).toEqual([
      { name: 'Example', text: '{\n  "sku": "A"\n}' },
    ]);
    expect(examplesOf(endpoint, 'response').map(({ name }) => name)).toEqual(['found', 'none']);
    expect(examplesOf({ examples: null }, 'request')).toEqual([]);
  });

  it('the editor opens with one made from the schema where none is given', () => {
    const bare = { examples: {}, request_schema: ORDER } as unknown as Parameters<
      typeof requestExample
    >[0];
    expect(JSON.parse(requestExample(bare))).toHaveProperty('sku');
  });
});

describe('bodyHints', () => {
  it('names missing and unknown fields with their path', () => {
    expect(bodyHints(ORDER, '{"sku":"A","colour":"red","lines":[{}]}')).toEqual([
      'quantity is missing',
      'colour is not known here',
      'lines[0].id is missing',
    ]);
  });

  it('says nothing about a body that fits, or is not JSON yet', () => {
    expect(bodyHints(ORDER, '{"sku":"AAA","quantity":1}')).toEqual([]);
    expect(bodyHints(ORDER, '{"sku":')).toEqual([]);
  });
});

it('the editor completes the names and choices of the whole schema', () => {
  const words = schemaWords({
    ...ORDER,
    properties: { ...ORDER.properties, state: { enum: ['open'] } },
  });
  expect(words).toEqual(expect.arrayContaining(['sku', 'id', 'state', 'open']));
});
