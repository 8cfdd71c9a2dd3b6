import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '@portico/testkit';
import pg from 'pg';
import { ADMIN_KEY, startPortico, type TestPortico } from '../../test/start-portico.ts';

/** Sends bytes as they are and answers what comes back until the server hangs up. */
const raw = (url: string, text: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const socket = connect(Number(port), hostname, () => socket.write(text));
    let answer = '';
    socket.on('data', (chunk) => (answer += chunk.toString()));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });

describe('every answer', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico({ MAX_BODY_BYTES: '2000' });
  });
  afterAll(() => portico.stop());

  const json = { 'content-type': 'application/json' };
  const text = { body: '{"name":"x"}', headers: { 'content-type': 'text/plain' } };
  const yaml = { body: 'name: x', headers: { 'content-type': 'application/yaml' } };
  it.each([
    ['a route that is not there', 'GET', '/api/v1/nothing', {}, 404, 'not_found'],
    ['a method that is not there', 'PUT', '/api/v1/clients', {}, 404, 'not_found'],
    ['an id that cannot exist', 'GET', '/api/v1/clients/%00', {}, 404, 'not_found'],
    ['an id that is very long', 'GET', `/api/v1/clients/${'x'.repeat(500)}`, {}, 404, 'not_found'],
    ['a malformed escape', 'GET', '/api/v1/clients/%zz', {}, 404, 'not_found'],
    [
      'malformed JSON',
      'POST',
      '/api/v1/clients',
      { body: '{"name":', headers: json },
      400,
      'malformed_body',
    ],
    [
      'no body where one is needed',
      'POST',
      '/api/v1/clients',
      { headers: json },
      400,
      'malformed_body',
    ],
    [
      'a poisoned prototype',
      'POST',
      '/api/v1/clients',
      { body: '{"name":"x","__proto__":{"a":1}}', headers: json },
      400,
      'malformed_body',
    ],
    ['a list for a body', 'POST', '/api/v1/clients', { body: [1] }, 422, 'validation_failed'],
    ['JSON that calls itself text', 'POST', '/api/v1/clients', text, 415, 'unsupported_media_type'],
    ['a patch of text', 'PATCH', '/api/v1/clients/cl_a', text, 415, 'unsupported_media_type'],
    ['YAML for JSON', 'POST', '/api/v1/policies', yaml, 415, 'unsupported_media_type'],
    [
      'text sent to the portal',
      'POST',
      '/api/v1/developer-portal/request-link',
      text,
      415,
      'unsupported_media_type',
    ],
    ['text for a route that is not there', 'POST', '/api/v1/nothing', text, 404, 'not_found'],
    [
      'another media type',
      'POST',
      '/api/v1/clients',
      { body: 'name=x', headers: { 'content-type': 'application/x-www-form-urlencoded' } },
      415,
      'unsupported_media_type',
    ],
    [
      'an oversized body',
      'POST',
      '/api/v1/clients',
      { body: { name: 'x'.repeat(3000) } },
      413,
      'payload_too_large',
    ],
  ] as const)('to %s is our error body', async (...[, method, path, options, status, code]) => {
    const answer = await portico.call(method, path, options);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({
      error: code,
      message: expect.stringMatching(/\w+/),
      request_id: answer.headers.get('x-request-id'),
    });
    expect(JSON.stringify(answer.body)).not.toMatch(/at \w+ \(|node_modules|\.ts:/);
  });

  it('to a body far beyond the limit reaches a caller that is still sending it', async () => {
    const body = { name: 'x'.repeat(20_000_000) };
    const answer = await portico.call('POST', '/api/v1/clients', { body });
    expect([answer.status, answer.body.error]).toEqual([413, 'payload_too_large']);
  });

  it('to what is not HTTP is our error body, and the connection closes', async () => {
    const answer = await raw(portico.url, 'NOT HTTP AT ALL\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect(answer).toContain('"error":"malformed_body"');
  });

  it('carries a request id: the given one when sane, else a new one', async () => {
    const given = async (id: string) =>
      (await portico.call('GET', 'clients', { headers: { 'x-request-id': id } })).headers.get(
        'x-request-id',
      );
    expect(await given('req_from-the-caller.1')).toBe('req_from-the-caller.1');
    expect(await given('7')).toBe('7');
    expect(await given('<script>')).toMatch(/^req_[0-9a-f]{32}$/);
    expect(await given('x'.repeat(200))).toMatch(/^req_[0-9a-f]{32}$/);
  });

  it('is never kept by a cache when it is the API', async () => {
    const answer = await portico.call('GET', 'clients');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
  });

  it('believes a forwarded address only from a trusted proxy', async () => {
    const ipOfNewest = async (to: TestPortico) => {
      await to.call('POST', 'policies', {
        body: { name: 'x' },
        headers: { 'x-forwarded-for': '203.0.113.9' },
      });
      return (await to.call('GET', 'audit-log?limit=1')).body.data[0].ip as string;
    };
    expect(await ipOfNewest(portico)).toBe('127.0.0.1');
    const behindProxy = await startPortico({ TRUSTED_PROXIES: '127.0.0.0/8' });
    expect(await ipOfNewest(behindProxy)).toBe('203.0.113.9');
    await behindProxy.stop();
  });

  it('says that the process is alive and ready, and what it counts', async () => {
    const open = { key: null };
    expect((await portico.call('GET', '/healthz', open)).body).toEqual({ status: 'ok' });
    expect((await portico.call('GET', '/readyz', open)).body).toMatchObject({ status: 'ready' });
    const metrics = await portico.call('GET', '/metrics', open);
    expect(metrics.body).toContain('portico_config_refused{service="control-plane"} 0');
  });

  it('is 503, without a word of the cause, while the database is away', async () => {
    const own = await startPortico();
    const server = new URL(own.databaseUrl);
    const name = server.pathname.slice(1);
    server.pathname = '/postgres';
    // From outside: a database cannot lock itself.
    const outside = new pg.Client({ connectionString: server.href });
    await outside.connect();
    const letIn = (allowed: boolean) =>
      outside.query(`alter database "${name}" allow_connections ${allowed}`);
    try {
      await letIn(false);
      await outside.query(
        'select pg_terminate_backend(pid) from pg_stat_activity where datname = $1',
        [name],
      );
      const answer = await own.call('GET', 'clients');
      expect(answer.status).toBe(503);
      expect(answer.body).toMatchObject({ error: 'unavailable' });
      expect(answer.body.message).not.toContain(name);
      expect((await own.call('GET', '/readyz')).status).toBe(503);
      expect((await own.call('GET', '/healthz')).status).toBe(200);
      await letIn(true);
      await eventually(async () => expect((await own.call('GET', '/readyz')).status).toBe(200));
    } finally {
      await letIn(true);
      await outside.end();
      await own.stop();
    }
  });

  it('never holds the key it was asked with', async () => {
    const answer = await portico.call('GET', '/api/v1/nothing');
    expect(JSON.stringify(answer.body)).not.toContain(ADMIN_KEY);
  });
});
