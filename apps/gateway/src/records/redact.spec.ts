import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { redactJson } from './redact-json.ts';
import { redactBody, redactFlatHeaders, redactHeaderMap, redactQuery } from './redact.ts';
import { compileRedaction } from './redaction-rules.ts';

const rules = (...entries: string[]) => compileRedaction(entries, []);
const json = (value: unknown, ...entries: string[]): unknown =>
  JSON.parse(redactJson(JSON.stringify(value), rules(...entries)) ?? 'null');

describe('a JSON body', () => {
  it.each([
    [
      'a name at any depth',
      ['pan'],
      { a: [{ pan: 1 }], pan: { x: 1 } },
      { a: [{ pan: '[redacted]' }], pan: '[redacted]' },
    ],
    ['a name in any case', ['PAN'], { pan: 1, Pan: 2 }, { pan: '[redacted]', Pan: '[redacted]' }],
    [
      'a path',
      ['$.card.number'],
      { card: { number: 1, type: 'v' }, number: 2 },
      { card: { number: '[redacted]', type: 'v' }, number: 2 },
    ],
    [
      'a path through arrays',
      ['$.items[*].pan'],
      { items: [{ pan: 1 }, { pan: 2, a: 3 }] },
      { items: [{ pan: '[redacted]' }, { pan: '[redacted]', a: 3 }] },
    ],
    ['an index', ['$.items[1]'], { items: [1, 2, 3] }, { items: [1, '[redacted]', 3] }],
    ['a quoted step', ["$['a b']['c']"], { 'a b': { c: 1 } }, { 'a b': { c: '[redacted]' } }],
    [
      'a path it cannot follow, by its last name',
      ['$..pan'],
      { x: { pan: 1 } },
      { x: { pan: '[redacted]' } },
    ],
    [
      'passwords, whatever the collection says',
      [],
      { user: 'a', password: 'b' },
      { user: 'a', password: '[redacted]' },
    ],
  ])('loses %s', (_name, entries, value, expected) => {
    expect(json(value, ...entries)).toEqual(expected);
  });

  it('keeps its own formatting everywhere else', () => {
    const text = '{\n  "a" : 1,\t"pan":"x\\"y" , "b":[ ]\n}';
    expect(redactJson(text, rules('pan'))).toBe('{\n  "a" : 1,\t"pan":"[redacted]" , "b":[ ]\n}');
  });

  it('that was cut off loses its secrets all the same, the one it was cut off in included', () => {
    const whole = JSON.stringify({ a: 1, card: { pan: '4111111111111111', x: [1, 2] }, pan: '42' });
    for (let length = 0; length <= whole.length; length += 1) {
      const redacted = redactJson(whole.slice(0, length), rules('pan'));
      expect(redacted ?? '').not.toMatch(/4111|"42/);
    }
  });

  it('with a secret name written in escapes loses it too', () => {
    expect(redactJson('{"p\\u0061n":1}', rules('pan'))).toBe('{"p\\u0061n":"[redacted]"}');
  });

  it('of several documents in a row is searched to the end', () => {
    expect(redactJson('{"pan":1}\n{"pan":2}\n', rules('pan'))).toBe(
      '{"pan":"[redacted]"}\n{"pan":"[redacted]"}\n',
    );
  });

  it('that is none is said to be none', () => {
    for (const text of ['{pan:1}', '{"a":1,}', '[1 2]', '{"a"}', 'hello', '{"a":\u00e9}']) {
      expect(redactJson(text, rules('pan'))).toBeNull();
    }
  });

  it('never keeps a secret value, and never changes another, whatever the document', () => {
    const marker = 'SECRET-VALUE';
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 5 },
        fc.string(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('node'), { maxLength: 4 }),
        fc.dictionary(fc.oneof(fc.string(), fc.constant('pan')), tie('node'), { maxKeys: 4 }),
      ),
    })).node;
    const withSecrets = (value: unknown, put: (inside: unknown) => unknown): unknown => {
      if (Array.isArray(value)) return value.map((item) => withSecrets(item, put));
      if (typeof value !== 'object' || value === null) return value;
      return Object.fromEntries(
        Object.entries(value).map(([name, inside]) => [
          name,
          name.toLowerCase() === 'pan' ? put(inside) : withSecrets(inside, put),
        ]),
      );
    };
    fc.assert(
      fc.property(tree, (value) => {
        const secret = withSecrets(value, (inside) => [marker, inside]);
        const redacted = redactJson(JSON.stringify(secret), compileRedactionOnly('pan'));
        expect(redacted).not.toContain(marker);
        expect(JSON.parse(redacted ?? 'null')).toEqual(
          JSON.parse(JSON.stringify(withSecrets(value, () => '[redacted]'))),
        );
      }),
    );
  });

  const compileRedactionOnly = (name: string) => ({
    names: new Set([name]),
    paths: [],
    isStrict: true,
    mention: null,
  });
});

describe('a JSON body of a collection that lists nothing', () => {
  const own = compileRedaction([], ['X-Shop.Key']);
  const shown = (text: string): string =>
    redactBody(Buffer.from(text), 'application/json', undefined, own).toString();

  it('goes on as the bytes that came, where it names no secret', () => {
    const body = Buffer.from('{"note":"my password", "xx-shop.key":[1.0e5]}\xff');
    expect(redactBody(body, 'application/json', undefined, own)).toBe(body);
  });

  it.each([
    '"Password"',
    '"\\u0070assword"',
    '"pass\\u0057ord"',
    '"x-shop.key"',
    '"X-SHOP.KEY"',
    '"api\u212aey"',
  ])('loses the value after %s', (name) => {
    expect(shown(`{"a":1, ${name} : "SECRET"}`)).toBe(`{"a":1, ${name} : "[redacted]"}`);
  });

  it('is withheld whole where it names a secret and cannot be read', () => {
    const deep = '['.repeat(100) + '{"password":1}' + ']'.repeat(100);
    expect(shown(deep)).toBe('[redacted]');
    expect(shown('{user: "a", "password": "b"}')).toBe('[redacted]');
  });
});

describe('a JSON body of any collection', () => {
  it.each([
    ['nothing is listed', []],
    ['a name is listed', ['PAN']],
    ['paths are listed', ['$.card.pan', '$.items[*]', "$['x.y'][0]"]],
    ['a path without names is listed', ['$[*].a', '$[1]']],
  ])('loses what reading it would lose, and nothing else, where %s', (_case, entries) => {
    const own = compileRedaction(entries, ['X-Shop.Key']);
    const name = fc.oneof(
      fc.constantFrom('password', 'Api_Key', 'x-shop.key', 'x-shopXkey', 'pan', 'card', 'items'),
      fc.constantFrom('x.y', 'xzy', 'a'),
      fc.string(),
    );
    const member = fc.dictionary(name, fc.oneof(fc.jsonValue(), fc.dictionary(name, fc.nat())));
    const text = fc
      .tuple(fc.oneof(member, fc.array(member, { maxLength: 3 })), fc.nat(3), fc.boolean())
      .map(([value, cut, isEscaped]) => {
        const whole = JSON.stringify(value);
        const written = isEscaped ? whole.replaceAll('w', '\\u0077') : whole;
        return written.slice(0, written.length - 2 * cut);
      });
    fc.assert(
      fc.property(text, (json) => {
        const shown = redactBody(Buffer.from(json), 'application/json', undefined, own).toString();
        const read = redactJson(json, own);
        // What is not JSON is kept only where nothing is listed and nothing in it has a secret's name.
        if (read === null) expect([json, '[redacted]']).toContain(shown);
        else expect(shown).toBe(read);
        if (read === null && own.isStrict) expect(shown).toBe(json === '' ? '' : '[redacted]');
      }),
    );
  });
});

describe('a body that cannot be searched', () => {
  const body = Buffer.from('<pan>4111</pan>');

  it('is withheld whole where the collection lists anything, and kept where it lists nothing', () => {
    expect(redactBody(body, 'application/xml', undefined, rules('pan')).toString()).toBe(
      '[redacted]',
    );
    expect(redactBody(body, 'application/xml', undefined, rules())).toBe(body);
  });

  it('is withheld when it is packed, or only claims to be JSON', () => {
    const packed = Buffer.from([0x1f, 0x8b, 8]);
    expect(redactBody(packed, 'application/json', 'gzip', rules('pan')).toString()).toBe(
      '[redacted]',
    );
    expect(redactBody(body, 'application/json', undefined, rules('pan')).toString()).toBe(
      '[redacted]',
    );
  });
});

describe('forms, queries and headers', () => {
  it('lose secret fields by name, decoded', () => {
    expect(redactQuery('a=1&pan=2&p%61n=3&password=4&flag', rules('pan'))).toBe(
      'a=1&pan=[redacted]&p%61n=[redacted]&password=[redacted]&flag',
    );
    const form = Buffer.from('pan=1&b=2');
    const type = 'application/x-www-form-urlencoded; charset=utf-8';
    expect(redactBody(form, type, undefined, rules('pan')).toString()).toBe('pan=[redacted]&b=2');
  });

  it('lose what is always secret, what is listed, and what carries a credential', () => {
    const own = compileRedaction(['X-Card'], ['X-Shop-Key']);
    const headers = {
      authorization: 'a',
      cookie: 'b',
      'x-card': 'c',
      'x-shop-key': 'd',
      accept: 'e',
      ':path': '/f',
    };
    expect(redactHeaderMap(headers, own)).toEqual([
      ['authorization', '[redacted]'],
      ['cookie', '[redacted]'],
      ['x-card', '[redacted]'],
      ['x-shop-key', '[redacted]'],
      ['accept', 'e'],
    ]);
    expect(redactFlatHeaders(['Set-Cookie', 'a=1', 'Vary', 'Origin'], own)).toEqual([
      ['Set-Cookie', '[redacted]'],
      ['Vary', 'Origin'],
    ]);
  });
});
