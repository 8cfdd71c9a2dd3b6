import { webcrypto } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import type { Logger } from '@portico/telemetry';

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
}

export interface TlsMaterial {
  readonly cert: Buffer;
  readonly key: Buffer;
}

const CERT_FILE = 'gateway.crt';
const KEY_FILE = 'gateway.key';

/** The files in use: the configured ones, or a self-signed pair, made once and kept. */
export async function tlsFiles(configured: TlsFiles | null, dataDir: string): Promise<TlsFiles> {
  if (configured !== null) return configured;
  const directory = join(dataDir, 'tls');
  const files = { cert: join(directory, CERT_FILE), key: join(directory, KEY_FILE) };
  if (!(await areThere(files))) await putSelfSigned(directory, files);
  return files;
}

const areThere = (files: TlsFiles): Promise<boolean> =>
  Promise.all([stat(files.cert), stat(files.key)]).then(
    () => true,
    () => false,
  );

/**
 * Put in place as a whole: processes that start together with one data directory end up with the same
 * pair, and none reads half of one.
 */
async function putSelfSigned(directory: string, files: TlsFiles): Promise<void> {
  await mkdir(dirname(directory), { recursive: true });
  const draft = await mkdtemp(`${directory}.`);
  try {
    await writeSelfSigned(draft);
    await rename(draft, directory);
  } catch (cause) {
    await rm(draft, { recursive: true, force: true });
    if (await areThere(files)) return;
    throw new Error(`Cannot make a TLS certificate in ${directory}`, { cause });
  }
}

export async function readTls(files: TlsFiles): Promise<TlsMaterial> {
  const [cert, key] = await Promise.all([readFile(files.cert), readFile(files.key)]);
  return { cert, key };
}

const YEAR_MS = 365 * 86_400_000;
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;

async function writeSelfSigned(directory: string): Promise<void> {
  // Its decorators need the metadata polyfill, and nothing else here does: loaded only when used.
  await import('reflect-metadata');
  const x509 = await import('@peculiar/x509');
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify']);
  const now = Date.now();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=portico-gateway (self-signed)',
    keys,
    signingAlgorithm: ALGORITHM,
    // An hour back: clocks of callers differ.
    notBefore: new Date(now - 3_600_000),
    notAfter: new Date(now + 2 * YEAR_MS),
    extensions: [
      new x509.SubjectAlternativeNameExtension([
        { type: 'dns', value: 'localhost' },
        { type: 'dns', value: hostname() },
        { type: 'ip', value: '127.0.0.1' },
        { type: 'ip', value: '::1' },
      ]),
    ],
  });
  const key = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey));
  await writeFile(join(directory, KEY_FILE), pem('PRIVATE KEY', key), { mode: 0o600 });
  await writeFile(join(directory, CERT_FILE), certificate.toString('pem'));
}

const pem = (label: string, der: Buffer): string =>
  `-----BEGIN ${label}-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END ${label}-----\n`;

/**
 * Follows the files, so that a renewed certificate is served without a restart. Polled, because
 * mounted secrets are swapped by symlinks that file events do not see. A pair that cannot be used
 * (half written, key of another certificate) is reported, and the old one stays.
 */
export function watchTls(
  files: TlsFiles,
  use: (material: TlsMaterial) => void,
  { logger, everyMs = 1_000 }: { readonly logger: Logger; readonly everyMs?: number },
): () => void {
  let seen = '';
  let isLooking = false;
  const look = async (): Promise<void> => {
    const stats = await Promise.all([stat(files.cert), stat(files.key)]);
    const now = stats.map(({ mtimeMs, size, ino }) => `${mtimeMs}:${size}:${ino}`).join('|');
    const before = seen;
    if (now === before) return;
    seen = now;
    use(await readTls(files));
    if (before !== '') logger.info({ cert: files.cert }, 'Serving a renewed TLS certificate');
  };
  const tick = (): void => {
    if (isLooking) return;
    isLooking = true;
    look()
      .catch((error: unknown) => {
        logger.error(
          { err: error, cert: files.cert },
          'Cannot use the TLS files; keeping the old pair',
        );
      })
      .finally(() => (isLooking = false));
  };
  tick();
  const timer = setInterval(tick, everyMs);
  return () => clearInterval(timer);
}
