import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createLogger, type LoggerOptions } from './logger.ts';

const SECRET = 'hunter2-the-secret-value';

function logTo(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ service: 'gateway', level: 'trace', destination, ...options });
  return { logger, lines, last: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown> };
}

const SECRET_NAMES = [
  'authorization',
  'Authorization',
  'proxy-authorization',
  'cookie',
  'set-cookie',
  'token',
  'access_token',
  'tokens',
  'client_secret',
  'secret',
  'password',
  'dbPassword',
  'passphrase',
  'api_key',
  'x-api-key',
  'apiKey',
  'privateKey',
  'encryption_key',
  'gatewayKey',
  'portalSourceKey',
  'credential',
  'credentials',
  'client_assertion',
];

describe('the logger', () => {
  it('writes one JSON object per line, with time, level, service and message', () => {
    const { logger, lines, last } = logTo();
    logger.info({ port: 8080, at: new Date(0), big: 10n }, 'Listening');
    expect(lines[0]?.endsWith('\n')).toBe(true);
    expect(last()).toMatchObject({
      ...{ level: 'info', service: 'gateway', msg: 'Listening', port: 8080 },
      ...{ at: '1970-01-01T00:00:00.000Z', big: '10' },
    });
    expect(last()['time']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  it('keeps quiet below its level', () => {
    const { logger, lines } = logTo({ level: 'warn' });
    logger.info('not this');
    logger.error('this');
    expect(lines).toHaveLength(1);
  });

  it.each(SECRET_NAMES)('withholds %s at every depth, in children and in header lists', (name) => {
    const { logger, lines } = logTo();
    logger.info({ [name]: SECRET });
    logger.info({ [name]: { deeper: SECRET } });
    logger.info({ [name]: [SECRET] });
    logger.info({ request: { headers: { [name]: SECRET } } });
    logger.info({ a: [{ b: { c: [{ d: { [name]: SECRET } }] } }] });
    logger.info({
      headers: [
        ['x-other', 'shown'],
        [name, SECRET],
      ],
    });
    logger.info({ map: new Map([[name, SECRET]]) });
    logger
      .child({ [name]: SECRET })
      .child({ deeper: { [name]: SECRET } })
      .info('from a child');
    const child = logger.child({});
    child.setBindings({ [name]: SECRET });
    child.info('bound later');
    logger.error({ err: Object.assign(new Error('failed'), { [name]: SECRET }) });
    logger.error(Object.assign(new Error('failed'), { response: { [name]: SECRET } }));
    logger.error({
      err: new Error('a', { cause: Object.assign(new Error('b'), { [name]: SECRET }) }),
    });
    expect(lines).toHaveLength(12);
    for (const line of lines) expect(line).not.toContain(SECRET);
    expect(lines.join('')).toContain('shown');
  });

  it.each([
    ['an API token', 'portico_tok_', '0123456789ABCDEFabcdef0123456789ABCDefgh', ''],
    ['a webhook secret', 'whsec_', 'MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw', ''],
    ['a bearer credential', 'Bearer ', 'abc.DEF-123_456~789', ''],
    ['a basic credential', 'Basic ', 'aHVudGVyMjpodW50ZXIy', ''],
    ['a JWT', '', 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl', ''],
    ['a password in a URL', 'postgres://portico:', 'hunter2', '@db:5432/portico'],
  ])('takes %s out of messages, fields, and error texts', (_name, before, telling, after) => {
    const text = `${before}${telling}${after}`;
    const { logger, lines } = logTo();
    logger.info(`got ${text} from somebody`);
    logger.info({ url: text, list: [text] }, 'a field');
    logger.error({ err: new Error(`cannot use ${text}`) }, 'an error');
    logger.error({ err: new Error('outside', { cause: new Error(text) }) }, 'a cause');
    for (const line of lines) {
      expect(line).not.toContain(telling);
      expect(line).toContain('[redacted]');
      expect(() => JSON.parse(line) as unknown).not.toThrow();
    }
  });

  it('says that a secret is absent, and keeps names that only sound secret', () => {
    const { logger, last } = logTo();
    logger.info({
      password: undefined,
      token: null,
      cookie: false,
      credential_id: 'uc_a',
      key: 'k',
    });
    expect(last()).toMatchObject({ token: null, cookie: false, credential_id: 'uc_a', key: 'k' });
  });

  it('keeps type, message, stack and code of an error', () => {
    const { logger, last } = logTo();
    logger.error({ err: Object.assign(new TypeError('broken'), { code: 'E_X' }) }, 'it broke');
    expect(last()['err']).toMatchObject({ type: 'TypeError', message: 'broken', code: 'E_X' });
    expect((last()['err'] as { stack: string }).stack).toContain('logger.spec');
  });

  it('survives cycles, depth, bytes and long lists without growing beyond bounds', () => {
    const { logger, lines, last } = logTo();
    const cycle: Record<string, unknown> = { name: 'loop' };
    cycle['self'] = cycle;
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 100; depth += 1) deep = { deep };
    logger.info({ cycle, deep, bytes: Buffer.alloc(9), list: Array.from({ length: 9_999 }) });
    expect(last()).toMatchObject({ cycle: { self: '[circular]' }, bytes: '[9 bytes]' });
    expect(lines[0]!.length).toBeLessThan(3_000);
    expect(lines[0]).toContain('[too deep]');
  });

  it('writes parseable lines without the secret, whatever is around it', () => {
    const name = fc.constantFrom(...SECRET_NAMES);
    const leaf = fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null));
    const tree = fc.letrec((tie) => ({
      node: fc.oneof(
        { depthSize: 'small' },
        leaf,
        fc.array(tie('node'), { maxLength: 3 }),
        fc.dictionary(fc.string(), tie('node'), { maxKeys: 3 }),
        fc.tuple(name, tie('node')).map(([key, rest]) => ({ [key]: SECRET, rest })),
      ),
    })).node;
    fc.assert(
      fc.property(tree, fc.string(), (value, message) => {
        const { logger, lines } = logTo();
        logger.info({ value }, message);
        expect(lines.join('')).not.toContain(SECRET);
        expect(() => JSON.parse(lines[0]!) as unknown).not.toThrow();
      }),
    );
  });

  it('prints short lines for people when asked to, and withholds there too', () => {
    const { logger, lines } = logTo({ pretty: true });
    logger.warn({ port: 1, token: SECRET, err: new Error('broken') }, 'Careful');
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d warn {2}gateway {2}Careful \{"port":1,/);
    expect(lines[0]).toContain('\nError: broken\n');
    expect(lines[0]).not.toContain(SECRET);
  });
});
