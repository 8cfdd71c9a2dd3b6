import { describe, expect, it } from '@jest/globals';
import { HTTP_METHODS } from '@portico/contracts';
import fc from 'fast-check';
import { buildBases, findBase } from './base-paths.ts';
import { methodsIn } from './methods.ts';
import { parseTemplate, shapeOf } from './path-template.ts';
import { parseRequestPath } from './request-path.ts';
import { buildRoutes, findRoute, methodsAt } from './router.ts';
import { missingInTarget, rewrittenTo, sameAsMatched } from './upstream-path.ts';

const normal = (path: string): string | null => {
  const parsed = parseRequestPath(path);
  if (parsed === null) return null;
  return `${parsed.text}${parsed.hasTrailingSlash ? '/' : ''}`;
};

describe('a request path', () => {
  it.each([
    ['/', '/'],
    ['/a/b', '/a/b'],
    ['/a/b/', '/a/b/'],
    ['/%61%2Db', '/a-b'],
    ['/a%20b', '/a%20b'],
    ['/caf%c3%a9', '/caf%C3%A9'],
    ['/%40me/%3a', '/@me/:'],
    ['/a+b', '/a%2Bb'],
    ['/a%2bb', '/a%2Bb'],
    ['/100%25', '/100%25'],
    ['/...', '/...'],
    ['/a.b/.well-known', '/a.b/.well-known'],
    ['/v1/orders:cancel', '/v1/orders:cancel'],
  ])('%s has the normal form %s', (path, expected) => {
    expect(normal(path)).toBe(expected);
  });

  it.each([
    '',
    '*',
    'a/b',
    'http://host/a',
    '//',
    '//a',
    '/a//b',
    '/a//',
    '/.',
    '/..',
    '/./',
    '/a/../b',
    '/a/..',
    '/a/./b',
    '/%2e',
    '/%2e%2e/b',
    '/.%2E/b',
    '/a%2fb',
    '/a%2Fb',
    '/a%5cb',
    '/a\\b',
    '/..\\b',
    '/a;x=1',
    '/a;/../b',
    '/a%3bx',
    '/a%00',
    '/a%0d%0ab',
    '/a%7f',
    '/%252e%252e',
    '/%25%32%65',
    '/a%252fb',
    '/a%',
    '/a%2',
    '/a%zz',
    '/a%u002f',
    '/%c0%af',
    '/%c0%ae%c0%ae',
    '/%ff',
    '/%ed%a0%80',
    '/a b',
    '/a?b',
    '/a#b',
    '/{id}',
    '/a|b',
    '/é',
    '/a\u0000',
    '/a\n',
    `/${'a'.repeat(8192)}`,
  ])('%j is refused', (path) => {
    expect(normal(path)).toBeNull();
  });

  const segment = fc.array(
    fc.constantFrom(
      'a',
      'Z',
      '0',
      '.',
      '%2e',
      '%41',
      '%20',
      '%e2%82%ac',
      '+',
      '%25',
      '-',
      '%2F',
      ';',
    ),
    { maxLength: 4 },
  );
  const path = fc
    .array(segment, { maxLength: 5 })
    .map((segments) => `/${segments.map((parts) => parts.join('')).join('/')}`);

  it('is normal once normalised', () => {
    fc.assert(
      fc.property(path, (text) => {
        const once = normal(text);
        if (once !== null) expect(normal(once)).toBe(once);
      }),
      { numRuns: 2000 },
    );
  });

  it('never means anything but what a decoder and a resolver of dots would make of it', () => {
    fc.assert(
      fc.property(path, (text) => {
        const once = normal(text);
        if (once === null) return;
        expect(decodeURIComponent(once)).toBe(decodeURIComponent(text));
        expect(new URL(once, 'http://x').pathname).toBe(once);
        const decoded = decodeURIComponent(once);
        expect(decoded.split('/')).toHaveLength(once.split('/').length);
        expect(decoded).not.toMatch(/%[0-9a-f]{2}|[\\;\0]|\/\/|\/\.\.?(?:\/|$)/i);
      }),
      { numRuns: 2000 },
    );
  });

  it('never throws, whatever it is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseRequestPath(text);
        parseRequestPath(`/${text}`);
      }),
    );
  });
});

const templateOf = (path: string) => {
  const parsed = parseTemplate(path);
  if (!parsed.ok) throw new Error(`${path} ${parsed.problem}`);
  return parsed.segments;
};

describe('a path template', () => {
  it.each(['/', '/orders', '/orders/{order_id}', '/files/*', '/*', '/a/{b}/c/{d}/*', '/a:b'])(
    '%s is one',
    (path) => expect(parseTemplate(path).ok).toBe(true),
  );

  it.each([
    ['orders', 'must start with /'],
    ['/orders/', 'must not have empty segments'],
    ['/a//b', 'must not have empty segments'],
    ['/*/a', 'only as its last segment'],
    ['/a*', 'must be a whole segment'],
    ['/{id}.json', 'must be a whole segment'],
    ['/{}', 'must be a whole segment'],
    ['/{a}/{a}', 'names the parameter {a} twice'],
    ['/a/../b', 'which no request path can contain'],
    ['/a%2fb', 'which no request path can contain'],
    ['/a b', 'which no request path can contain'],
  ])('%s is none: %s', (path, problem) => {
    expect(parseTemplate(path)).toEqual({ ok: false, problem: expect.stringContaining(problem) });
  });

  it('has a shape that does not depend on the names of parameters', () => {
    expect(shapeOf(templateOf('/a/{x}/%61'))).toBe('/a/{}/a');
    expect(shapeOf(templateOf('/'))).toBe('/');
  });
});

type Method = (typeof HTTP_METHODS)[number];
const endpoint = (path: string, ...methods: Method[]) => ({
  path,
  methods: methods.length === 0 ? (['GET'] as Method[]) : methods,
  template: templateOf(path),
});
type Endpoint = ReturnType<typeof endpoint>;

function find(endpoints: Endpoint[], path: string, method = 'GET'): string {
  const parsed = parseRequestPath(path);
  if (parsed === null) throw new Error(`${path} is no path`);
  const { segments, hasTrailingSlash } = parsed;
  const query = { segments, from: 0, hasTrailingSlash, method };
  const match = findRoute(buildRoutes(endpoints), query);
  if (match.kind === 'found') return match.endpoint.path;
  return match.kind === 'no_path' ? 'none' : methodsIn(match.methods).join();
}

describe('the router', () => {
  const endpoints = [
    endpoint('/orders'),
    endpoint('/orders', 'POST'),
    endpoint('/orders/{id}'),
    endpoint('/orders/search', 'POST'),
    endpoint('/orders/{id}/lines'),
    endpoint('/orders/latest/{part}', 'GET'),
    endpoint('/orders/{id}/*', 'DELETE', 'GET'),
    endpoint('/files/*'),
    endpoint('/head', 'HEAD'),
    endpoint('/head', 'GET'),
    endpoint('/'),
  ];

  it.each([
    ['/', 'GET', '/'],
    ['/orders', 'GET', '/orders'],
    ['/orders/', 'GET', '/orders'],
    ['/orders', 'HEAD', '/orders'],
    ['/orders', 'PUT', 'GET,HEAD,POST'],
    ['/orders/1', 'GET', '/orders/{id}'],
    // The path of the literal is published for POST only; the parameter takes GET.
    ['/orders/search', 'GET', '/orders/{id}'],
    ['/orders/search', 'POST', '/orders/search'],
    ['/orders/search', 'PUT', 'GET,HEAD,POST'],
    // Back from the literal `latest`, which leads nowhere for two more segments.
    ['/orders/latest/lines', 'GET', '/orders/latest/{part}'],
    ['/orders/latest/x/y', 'GET', '/orders/{id}/*'],
    ['/orders/1/lines', 'GET', '/orders/{id}/lines'],
    ['/orders/1/lines', 'DELETE', '/orders/{id}/*'],
    ['/orders/1/', 'GET', '/orders/{id}'],
    ['/orders/1/', 'DELETE', '/orders/{id}/*'],
    ['/files', 'GET', 'none'],
    ['/files/', 'GET', '/files/*'],
    ['/files/a/b/c', 'GET', '/files/*'],
    ['/Orders', 'GET', 'none'],
    ['/orders/1/2', 'BREW', 'GET,HEAD,DELETE'],
  ])('%s %s → %s', (path, method, expected) => {
    expect(find(endpoints, path, method)).toBe(expected);
  });

  it('lets an endpoint that names HEAD keep it, in whatever order they come', () => {
    for (const order of [endpoints, endpoints.toReversed()]) {
      const match = findRoute(buildRoutes(order), {
        segments: ['head'],
        from: 0,
        hasTrailingSlash: false,
        method: 'HEAD',
      });
      expect(match).toMatchObject({ kind: 'found', endpoint: { methods: ['HEAD'] } });
    }
  });

  const segment = fc.constantFrom('a', 'b', '{p}');
  const template = fc
    .tuple(fc.array(segment, { maxLength: 4 }), fc.boolean())
    .map(([segments, isOpen]) => {
      const named = segments.map((text, at) => (text === '{p}' ? `{p${at}}` : text));
      return `/${[...named, ...(isOpen ? ['*'] : [])].join('/')}`;
    });
  const estate = fc.uniqueArray(template, { selector: (path) => shapeOf(templateOf(path)) });
  const requestPath = fc
    .array(fc.constantFrom('a', 'b', 'c'), { maxLength: 5 })
    .map((segments) => `/${segments.join('/')}`);

  it('finds the same endpoint whatever order they were published in', () => {
    fc.assert(
      fc.property(estate, requestPath, fc.nat(), (paths, path, seed) => {
        const shuffled = paths
          .map((own, at) => ({ own, key: (Math.imul(seed + at, 2654435761) >>> 0) % 997 }))
          .sort((one, two) => one.key - two.key)
          .map(({ own }) => endpoint(own));
        expect(find(shuffled, path)).toBe(
          find(
            paths.map((own) => endpoint(own)),
            path,
          ),
        );
      }),
    );
  });

  it('agrees with a slow reading of the rule: the best of all templates that match', () => {
    const rank = (path: string): string =>
      `${templateOf(path)
        .map(({ kind }) => ({ literal: '0', parameter: '1', wildcard: '2' })[kind])
        .join('')}`;
    const matches = (path: string, request: string): boolean => {
      const source = path.replace(/\{[^}]*\}/g, '[^/]+').replace(/\*$/, '.*');
      return new RegExp(`^${source}$`).test(request);
    };
    fc.assert(
      fc.property(estate, requestPath, (paths, path) => {
        const best = paths
          .filter((own) => matches(own, path))
          .sort((one, two) => {
            const [a, b] = [rank(one), rank(two)];
            const length = Math.max(a.length, b.length);
            return a.padEnd(length, '0') < b.padEnd(length, '0') ? -1 : 1;
          })[0];
        expect(
          find(
            paths.map((own) => endpoint(own)),
            path,
          ),
        ).toBe(best ?? 'none');
      }),
      { numRuns: 2000 },
    );
  });

  it('visits no path for long, however many parameters lead astray', () => {
    const many = Array.from({ length: 60 }, (_, at) => endpoint(`/a${at}/{b}/c`));
    expect(find(many, `/a59/${'x/'.repeat(500)}c`)).toBe('none');
  });

  it('knows every method of a path for Allow', () => {
    const set = methodsAt(buildRoutes(endpoints), {
      segments: ['orders'],
      from: 0,
      hasTrailingSlash: false,
      method: 'GET',
    });
    expect(methodsIn(set)).toEqual(['GET', 'HEAD', 'POST']);
  });
});

describe('base paths', () => {
  const bases = buildBases(
    ['', 'api', 'api/v2', 'api/v2/orders'].map((path) => ({
      path,
      baseSegments: path === '' ? [] : path.split('/'),
    })),
  );
  const find = (path: string): string | undefined =>
    findBase(bases, parseRequestPath(path)?.segments ?? [])?.collection.path;

  it.each([
    ['/', ''],
    ['/apis', ''],
    ['/api', 'api'],
    ['/api/v1', 'api'],
    ['/api/v22', 'api'],
    ['/api/v2/', 'api/v2'],
    ['/api/v2/ordersx', 'api/v2'],
    ['/api/v2/orders/1', 'api/v2/orders'],
  ])('%s belongs to /%s', (path, expected) => {
    expect(find(path)).toBe(expected);
  });

  it('belong to nobody where nothing is published', () => {
    expect(findBase(buildBases([]), ['api'])).toBeNull();
    expect(findBase(buildBases([{ baseSegments: ['api'] }]), [])).toBeNull();
  });
});

describe('the upstream path', () => {
  const build = (template: string, target: string | undefined, path: string, depth = 1): string => {
    const parsed = parseRequestPath(path);
    if (parsed === null) throw new Error(`${path} is no path`);
    const own = templateOf(template);
    const builder =
      target === undefined ? sameAsMatched(own) : rewrittenTo(own, templateOf(target));
    return builder(parsed, depth);
  };

  it.each([
    ['/', undefined, '/v1', '/'],
    ['/', undefined, '/v1/', '/'],
    ['/orders', undefined, '/v1/orders/', '/orders'],
    ['/o/{id}', undefined, '/v1/o/%41%20', '/o/A%20'],
    ['/files/*', undefined, '/v1/files/a/b/', '/files/a/b/'],
    ['/files/*', undefined, '/v1/files/', '/files/'],
    ['/*', undefined, '/v1', '/'],
    ['/o/{id}/l/{line}', '/x/{line}/{id}', '/v1/o/7/l/8', '/x/8/7'],
    ['/o/{id}', '/', '/v1/o/7', '/'],
    ['/files/*', '/blob/*', '/v1/files/a/b/', '/blob/a/b/'],
    ['/files/*', '/blob/*', '/v1/files/', '/blob/'],
    ['/files/{x}/*', '/blob', '/v1/files/1/2', '/blob'],
  ])('%s → %s: %s goes to %s', (template, target, path, expected) => {
    expect(build(template, target, path)).toBe(expected);
  });

  it('keeps the whole path under a base path of /', () => {
    expect(build('/orders', undefined, '/orders', 0)).toBe('/orders');
  });

  it('cannot use what the path does not have', () => {
    expect(missingInTarget(templateOf('/a/{id}'), templateOf('/b/{id}/{x}/*'))).toEqual([
      '{x}',
      '*',
    ]);
  });
});
