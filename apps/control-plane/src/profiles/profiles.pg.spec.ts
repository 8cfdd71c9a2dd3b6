import { generateKeyPairSync } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { isWellFormedToken, tokenDigest } from '@portico/enforcement';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('profiles', () => {
  let portico: TestPortico;
  const create = (body: object) =>
    portico.call('POST', 'clients/cl_acme/profiles', { body: { name: 'p', ...body } });
  const reveal = async (id: string) =>
    (await portico.call('GET', `profiles/${id}/auth-headers`)).body;
  const digests = (id: string) =>
    portico.query<{ sha256: string; valid_until: Date | null }>(
      'select sha256, valid_until from profile_credentials where profile_id = $1 order by created_at',
      [id],
    );

  beforeAll(async () => {
    portico = await startPortico();
    await portico.call('POST', 'collections', {
      body: {
        id: 'coll_orders',
        name: 'Orders',
        base_path: '/orders',
        upstreams: { sandbox: { targets: [{ url: 'http://127.0.0.1:9' }] } },
        status: 'published',
      },
    });
    await portico.call('POST', 'collections/coll_orders/endpoints', {
      body: { name: 'List', methods: ['GET'], path: '/list', status: 'published' },
    });
    await portico.call('POST', 'clients', {
      body: { id: 'cl_acme', name: 'Acme', collections: ['coll_orders'] },
    });
    await create({ id: 'pr_token', environment: 'sandbox' });
  });
  afterAll(() => portico.stop());

  it('of type token show three headers and a curl that works, again and again', async () => {
    const shown = await reveal('pr_token');
    expect(shown.headers.map(({ name }: { name: string }) => name)).toEqual([
      'X-Client-ID',
      'X-Profile-ID',
      'Authorization',
    ]);
    const token = shown.headers[2].value.replace('Bearer ', '');
    expect(isWellFormedToken(token)).toBe(true);
    expect((await digests('pr_token'))[0]!.sha256).toBe(tokenDigest(token));
    expect(shown.curl).toContain('http://gateway.test:8080/orders/list');
    expect((await reveal('pr_token')).headers).toEqual(shown.headers);
  });

  it('keep the old token until the grace ends, and end it at once without grace', async () => {
    const before = (await digests('pr_token'))[0]!.sha256;
    const rotated = await portico.call('POST', 'profiles/pr_token/rotate', {
      body: { grace_period_seconds: 3600 },
    });
    expect(rotated.status).toBe(200);
    expect(rotated.headers.get('x-config-revision')).not.toBeNull();
    const [old, current] = await digests('pr_token');
    expect(old).toMatchObject({ sha256: before, valid_until: expect.any(Date) });
    expect(Math.abs(old!.valid_until!.getTime() - Date.now() - 3_600_000)).toBeLessThan(60_000);
    expect(current).toEqual({ sha256: tokenDigest(rotated.body.credential), valid_until: null });
    expect(rotated.body.headers[2].value).toBe(`Bearer ${rotated.body.credential}`);
    expect(rotated.body.profile.credential.grace).toHaveLength(1);
    await portico.call('POST', 'profiles/pr_token/rotate', { body: { grace_period_seconds: 0 } });
    expect(await digests('pr_token')).toHaveLength(1);
  });

  it('refuse a fifth credential that would work at the same time', async () => {
    const rotate = () =>
      portico.call('POST', 'profiles/pr_token/rotate', { body: { grace_period_seconds: 3600 } });
    for (let times = 0; times < 3; times++) expect((await rotate()).status).toBe(200);
    const answer = await rotate();
    expect(answer.status).toBe(409);
    expect(await digests('pr_token')).toHaveLength(4);
  });

  it('of type jwt sign an example that verifies with the shown secret', async () => {
    const auth = { algorithms: ['HS512'], issuer: 'acme', audience: 'orders' };
    await create({ id: 'pr_jwt', auth_type: 'jwt', auth });
    const shown = await reveal('pr_jwt');
    const jwt = shown.headers[2].value.replace('Bearer ', '');
    expect(decodeProtectedHeader(jwt).alg).toBe('HS512');
    const verified = await jwtVerify(jwt, Buffer.from(shown.signing.secret, 'utf8'), {
      issuer: 'acme',
      audience: 'orders',
    });
    expect(verified.payload.exp).toBeGreaterThan(Date.now() / 1000);
  });

  it('of type jwt with a public key have no secret of ours', async () => {
    const { publicKey } = generateKeyPairSync('ed25519');
    const key = publicKey.export({ type: 'spki', format: 'pem' });
    const auth = { algorithms: ['EdDSA'], public_keys: [{ kid: 'k1', key }] };
    const created = await create({ id: 'pr_eddsa', auth_type: 'jwt', auth });
    expect(created.status).toBe(201);
    expect(await digests('pr_eddsa')).toEqual([]);
    const rotated = await portico.call('POST', 'profiles/pr_eddsa/rotate', { body: {} });
    expect(rotated.status).toBe(409);
  });

  it('of type mtls show two headers and the curl with a certificate', async () => {
    const auth = { certificates: [CERTIFICATE] };
    const created = await create({ id: 'pr_mtls', auth_type: 'mtls', auth });
    expect(created.status).toBe(201);
    expect(created.body.credential.certificates[0]).toMatchObject({
      subject: expect.stringContaining('CN=acme'),
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    const shown = await reveal('pr_mtls');
    expect(shown.headers).toHaveLength(2);
    expect(shown.curl).toMatch(/--cert client\.crt \\?\s*--key client\.key/);
    expect(shown.curl).toContain('https://gateway.test:8443/');
  });

  it.each([
    ['an unknown type', { auth_type: 'magic' }, 'body.auth_type'],
    ['a field of another type', { auth: { issuer: 'x' } }, 'body.auth.issuer'],
    [
      'an unsigned JWT',
      { auth_type: 'jwt', auth: { algorithms: ['none'] } },
      'body.auth.algorithms.0',
    ],
    [
      'a private key for a public one',
      { auth_type: 'jwt', auth: { algorithms: ['ES256'], public_keys: [{ key: 'x' }] } },
      'body.auth.public_keys.0',
    ],
    ['oidc without issuer', { auth_type: 'oidc', auth: { audience: 'x' } }, 'body.auth.issuer'],
    ['mtls without anything', { auth_type: 'mtls' }, 'body.auth'],
    [
      'a certificate that is none',
      { auth_type: 'mtls', auth: { certificates: ['x'] } },
      'body.auth.certificates.0',
    ],
    ['an address that is none', { allowed_ips: ['10.0.0.0/33'] }, 'body.allowed_ips.0'],
    ['an environment with spaces', { environment: 'pre prod' }, 'body.environment'],
    ['a policy that does not exist', { policy_id: 'pol_none' }, 'body.policy_id'],
  ])('refuse %s', async (_, body, path) => {
    const answer = await create(body);
    expect(answer.status).toBe(422);
    const paths = answer.body.details.map((detail: { path: string }) => detail.path);
    expect(paths.some((one: string) => one.startsWith(path))).toBe(true);
  });

  it('drop the old credential when the type changes, and mint what the new one needs', async () => {
    await create({ id: 'pr_change' });
    const toNone = await portico.call('PATCH', 'profiles/pr_change', {
      body: { auth_type: 'none' },
    });
    expect(toNone.status).toBe(200);
    expect(await digests('pr_change')).toEqual([]);
    await portico.call('PATCH', 'profiles/pr_change', { body: { auth_type: 'token' } });
    expect(await digests('pr_change')).toHaveLength(1);
  });

  it('never hold a credential in what is read, listed or audited', async () => {
    const token = (await reveal('pr_token')).headers[2].value.replace('Bearer ', '');
    const secret = (await reveal('pr_jwt')).signing.secret as string;
    const seen = [
      (await portico.call('GET', 'clients/cl_acme/profiles')).body,
      (await portico.call('GET', 'audit-log?limit=200')).body,
      (await portico.call('GET', 'config/export')).body,
      await portico.query('select * from profile_credentials'),
    ];
    for (const clear of [token, secret]) expect(JSON.stringify(seen)).not.toContain(clear);
  });
});

/** Self-signed, CN=acme, valid until 2126. */
const CERTIFICATE = `-----BEGIN CERTIFICATE-----
MIIBdjCCARugAwIBAgIUC/1OAaTTF1UDuZBL0P02/LmJy74wCgYIKoZIzj0EAwIw
DzENMAsGA1UEAwwEYWNtZTAgFw0yNjExMjEyMzI5MDhaGA8yMTI2MTAyODIzMjkw
OFowDzENMAsGA1UEAwwEYWNtZTBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIgq
GljZ+ONrInvfk+a/uMqVTnZyKNCNfh8VnGrljqszVknu7jQ04Rzt+WM7+lM/mJsW
YHKdoX9g5v7CNEW9IiKjUzBRMB0GA1UdDgQWBBQl8Z0UFFYfdPb73/nr+rvWZrrF
wjAfBgNVHSMEGDAWgBQl8Z0UFFYfdPb73/nr+rvWZrrFwjAPBgNVHRMBAf8EBTAD
AQH/MAoGCCqGSM49BAMCA0kAMEYCIQDhCYvTxPIMbeyqKPEb/G4Cov6cqvEnfKyJ
V+E3pEqwkAIhAL2nQ6zFMmPIKXku2XJeOa8I9om0NENHRgjO35tjbwMR
-----END CERTIFICATE-----`;
