import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('upstream credentials', () => {
  let portico: TestPortico;
  beforeAll(async () => {
    portico = await startPortico();
  });
  afterAll(() => portico.stop());

  it.each([
    ['basic', { username: 'u' }, { password: 'secret-value' }],
    ['api_key', { in: 'header', key_name: 'X-Key' }, { value: 'secret-value' }],
    ['bearer', {}, { token: 'secret-value' }],
    [
      'oauth2_client_credentials',
      { token_url: 'https://id.example/token', client_id: 'c', scope: 's' },
      { client_secret: 'secret-value' },
    ],
  ])('of type %s keep their secret write-only', async (type, settings, secret) => {
    const id = `uc_${type}`;
    const created = await portico.call('POST', 'upstream-credentials', {
      body: { id, name: type, type, ...settings, ...secret },
    });
    expect(created.status).toBe(201);
    expect(created.body).toMatchObject({ id, type, ...settings, secrets_set: Object.keys(secret) });
    const read = await portico.call('GET', `upstream-credentials/${id}`);
    const audits = await portico.query('select before, after from audit_log');
    const rows = await portico.query('select * from upstream_credentials');
    for (const seen of [created.body, read.body, audits, rows]) {
      expect(JSON.stringify(seen)).not.toContain('secret-value');
    }
  });

  it.each([
    ['a secret that is missing', { type: 'basic', username: 'u' }, 'body.password'],
    ['a field of another type', { type: 'bearer', token: 't', username: 'u' }, 'body.username'],
    ['a type we do not know', { type: 'kerberos' }, 'body.type'],
    [
      'a key in a header that frames the message',
      { type: 'api_key', in: 'header', key_name: 'Content-Length', value: 'v' },
      'body.key_name',
    ],
    [
      'a certificate that is none',
      { type: 'mtls', certificate_pem: 'x', private_key_pem: 'y' },
      'body.certificate_pem',
    ],
  ])('refuse %s', async (_, body, path) => {
    const answer = await portico.call('POST', 'upstream-credentials', {
      body: { name: 'x', ...body },
    });
    expect(answer.status).toBe(422);
    expect(answer.body.details.map((detail: { path: string }) => detail.path)).toContain(path);
  });

  it('keep the secret when only something else is changed', async () => {
    const sealed = () =>
      portico.query(`select secrets from upstream_credentials where id = 'uc_basic'`);
    const before = await sealed();
    const answer = await portico.call('PATCH', 'upstream-credentials/uc_basic', {
      body: { username: 'somebody-else' },
    });
    expect(answer.body).toMatchObject({ username: 'somebody-else', version: 2 });
    expect(await sealed()).toEqual(before);
  });

  it('cannot be deleted while a collection uses them', async () => {
    await portico.call('POST', 'collections', {
      body: { id: 'coll_aa', name: 'A', base_path: '/a', credential_id: 'uc_basic' },
    });
    const answer = await portico.call('DELETE', 'upstream-credentials/uc_basic?force=true');
    expect(answer.status).toBe(409);
    expect(answer.body.message).toContain('coll_aa');
  });
});
