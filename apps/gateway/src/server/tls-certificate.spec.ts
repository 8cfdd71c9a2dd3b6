import { createPrivateKey, X509Certificate } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { readTls, tlsFiles } from './tls-certificate.ts';

describe('the certificate of a node that was given none', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = join(await mkdtemp(join(tmpdir(), 'portico-tls-')), 'data');
  });
  afterEach(() => rm(join(dataDir, '..'), { recursive: true }));

  it('is one for all that start together with one data directory, and fits its key', async () => {
    const start = async () => readTls(await tlsFiles(null, dataDir));
    const started = await Promise.all(Array.from({ length: 8 }, start));
    const [first] = started;
    for (const { cert, key } of started) expect([cert, key]).toEqual([first?.cert, first?.key]);
    const certificate = new X509Certificate(first!.cert);
    expect(certificate.checkPrivateKey(createPrivateKey(first!.key))).toBe(true);
    expect(await readdir(dataDir)).toEqual(['tls']);
  });

  it('is not made where something else is, and that is said', async () => {
    await mkdir(join(dataDir, 'tls', 'mine'), { recursive: true });
    await expect(tlsFiles(null, dataDir)).rejects.toThrow('Cannot make a TLS certificate in');
    expect(await readdir(dataDir)).toEqual(['tls']);
  });
});
