import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPortico, type TestPortico } from '../../test/start-portico.ts';

describe('the web apps', () => {
  let portico: TestPortico;
  let root: string;
  const get = (path: string, accept = 'text/html') =>
    portico.call('GET', path, { key: null, headers: { accept } });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'portico-web-'));
    await mkdir(join(root, 'assets'));
    await writeFile(join(root, 'index.html'), '<title>portal</title>');
    await writeFile(join(root, '.secret'), 'hidden');
    await writeFile(join(root, 'assets/index-D4f8sK2q.js'), 'export {}');
    await writeFile(join(root, 'assets/big-A1b2C3d4.js'), 'export const big = 1');
    await writeFile(join(root, 'assets/big-A1b2C3d4.js.gz'), gzipSync('export const big = 1'));
    portico = await startPortico({
      PORTAL_ASSETS_DIR: root,
      CONSOLE_ASSETS_DIR: join(root, 'nothing'),
      PORTAL_LOGO_URL: 'https://cdn.brand.test/logo.svg?v=2',
    });
  });
  afterAll(async () => {
    await portico.stop();
    await rm(root, { recursive: true });
  });

  it.each(['/', '/collections/coll_x', '/sign-in?token=abc'])(
    'answer the portal at %s, with a strict policy and never from a stale cache',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(200);
      expect(answer.body).toContain('portal');
      expect(answer.headers.get('cache-control')).toBe('no-cache');
      expect(answer.headers.get('content-security-policy')).toContain("script-src 'self'");
    },
  );

  it('load images from here, from what an API answered, and the operator’s logo', async () => {
    const policy = (await get('/')).headers.get('content-security-policy');
    expect(policy).toContain("img-src 'self' data: blob: https://cdn.brand.test;");
    expect(policy?.match(/https?:/g)).toHaveLength(1);
  });

  it('let browsers keep hashed assets for ever', async () => {
    const answer = await get('/assets/index-D4f8sK2q.js', '*/*');
    expect(answer.status).toBe(200);
    expect(answer.headers.get('content-type')).toContain('javascript');
    expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  it('send what the build has compressed, to whoever takes it', async () => {
    const compressed = await portico.call('GET', '/assets/big-A1b2C3d4.js', {
      key: null,
      headers: { accept: '*/*', 'accept-encoding': 'gzip' },
    });
    expect(compressed.headers.get('content-encoding')).toBe('gzip');
    expect(compressed.headers.get('content-type')).toContain('javascript');
    expect(compressed.headers.get('vary')).toContain('accept-encoding');
    const plain = await portico.call('GET', '/assets/big-A1b2C3d4.js', {
      key: null,
      headers: { accept: '*/*', 'accept-encoding': 'identity' },
    });
    expect(plain.headers.get('content-encoding')).toBeNull();
    expect(plain.body).toBe('export const big = 1');
  });

  it.each(['/.secret', '/%2e%2e/%2e%2e/etc/passwd', '/..%2f..%2fetc%2fpasswd', '/%00'])(
    'never give out a file that is not theirs: %s',
    async (path) => {
      const answer = await get(path);
      expect(String(answer.body)).not.toMatch(/hidden|root:/);
    },
  );

  it.each(['/api/v1/nothing', '/api/nothing', '/dev/nothing'])(
    'leave %s to the error body',
    async (path) => {
      const answer = await get(path);
      expect(answer.status).toBe(404);
      expect(answer.body).toMatchObject({ error: 'not_found' });
    },
  );

  it('answer 404 where the console is not built', async () => {
    expect((await get('/admin')).status).toBe(404);
    expect((await get('/admin/clients')).status).toBe(404);
  });

  it('say so where the portal is not built', async () => {
    const bare = await startPortico({ PORTAL_ASSETS_DIR: join(root, 'nothing') });
    const answer = await bare.call('GET', '/', { key: null });
    expect(answer.body).toContain('not built');
    await bare.stop();
  });
});
