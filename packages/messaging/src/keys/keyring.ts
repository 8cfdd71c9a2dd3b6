import {
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Seals secrets for gateway nodes. `id` names the key, so that a rotated one is recognised. */
export interface SealingKey {
  readonly id: string;
  readonly key: Uint8Array;
}

export interface SigningKeyPair {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What a gateway node needs; a hardened node holds this and not the master key. */
export interface GatewayKeys {
  readonly sealing: SealingKey;
  /** HMAC-SHA-256 key of the portal's source header. */
  readonly portalSourceKey: Uint8Array;
}

export interface Keyring extends GatewayKeys {
  readonly signing: SigningKeyPair;
  readonly logIngestToken: string;
  /** 32 bytes; as base64 it is the `PORTICO_GATEWAY_KEY` of a hardened node. */
  readonly gatewayKey: Uint8Array;
}

const MASTER_SECRET_CHARS_MIN = 16;
const KEY_BYTES = 32;
/** What precedes the 32-byte seed in the PKCS #8 form of an Ed25519 key (RFC 8410). */
const ED25519_PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * The master secret: the given one, else that of `<dataDir>/encryption.key`, made on first use.
 * Processes that start together end up with the same one.
 */
export function loadMasterKey(source: { secret?: string | undefined; dataDir: string }): string {
  if (source.secret !== undefined) return checkedSecret(source.secret, 'PORTICO_ENCRYPTION_KEY');
  const file = join(source.dataDir, 'encryption.key');
  if (!existsSync(file)) createSecretFile(file);
  return checkedSecret(readFileSync(file, 'utf8').trim(), file);
}

/** Linked into place when complete: nobody ever reads half a secret, and only the first one counts. */
function createSecretFile(file: string): void {
  mkdirSync(dirname(file), { recursive: true });
  const draft = `${file}.${randomBytes(6).toString('hex')}`;
  const secret = randomBytes(KEY_BYTES).toString('base64url');
  writeFileSync(draft, `${secret}\n`, { flag: 'wx', mode: 0o600 });
  try {
    linkSync(draft, file);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
  } finally {
    unlinkSync(draft);
  }
}

function checkedSecret(secret: string, where: string): string {
  if (secret.length < MASTER_SECRET_CHARS_MIN) {
    throw new Error(`${where} must have at least ${MASTER_SECRET_CHARS_MIN} characters`);
  }
  return secret;
}

/** Every key of the product, by HKDF-SHA-256 from one secret: only that one needs keeping. */
export function deriveKeyring(masterSecret: string): Keyring {
  const master = Buffer.from(checkedSecret(masterSecret, 'The master key'), 'utf8');
  const gatewayKey = derive(master, 'gateway');
  const privateKey = ed25519FromSeed(derive(master, 'config-signing'));
  return {
    ...deriveGatewayKeys(gatewayKey),
    gatewayKey,
    signing: { privateKey, publicKey: createPublicKey(privateKey) },
    logIngestToken: Buffer.from(derive(master, 'log-ingest-token')).toString('base64url'),
  };
}

export function deriveGatewayKeys(gatewayKey: Uint8Array): GatewayKeys {
  const key = derive(gatewayKey, 'sealing');
  const id = createHash('sha256').update(key).digest('hex').slice(0, 8);
  return { sealing: { id, key }, portalSourceKey: derive(gatewayKey, 'portal-source') };
}

/** `PORTICO_GATEWAY_KEY`: base64 of exactly 32 bytes. `variable` is what an error names. */
export function parseGatewayKey(text: string, variable = 'PORTICO_GATEWAY_KEY'): GatewayKeys {
  const bytes = Buffer.from(text.trim(), 'base64');
  if (bytes.length !== KEY_BYTES) {
    throw new Error(`${variable} must be the base64 of ${KEY_BYTES} bytes`);
  }
  return deriveGatewayKeys(bytes);
}

/** `PORTICO_CONFIG_PUBLIC_KEY`: an Ed25519 public key as SPKI PEM, or as base64 of the SPKI DER. */
export function parsePublicKey(text: string, variable = 'PORTICO_CONFIG_PUBLIC_KEY'): KeyObject {
  try {
    const key = text.includes('-----BEGIN')
      ? createPublicKey(text)
      : createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
    if (key.asymmetricKeyType === 'ed25519') return key;
  } catch {
    // Said below, without OpenSSL's own words.
  }
  throw new Error(`${variable} must be an Ed25519 public key (SPKI PEM or base64)`);
}

/** The form `parsePublicKey` reads. */
export const formatPublicKey = (key: KeyObject): string =>
  key.export({ format: 'der', type: 'spki' }).toString('base64');

function ed25519FromSeed(seed: Uint8Array): KeyObject {
  const der = Buffer.concat([ED25519_PKCS8_PREFIX, seed]);
  return createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
}

const derive = (key: Uint8Array, purpose: string): Uint8Array =>
  new Uint8Array(hkdfSync('sha256', key, 'portico', `portico/v1/${purpose}`, KEY_BYTES));
