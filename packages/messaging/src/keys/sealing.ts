import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from './keyring.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;
const STAND_IN_BYTES = 48;

/** `v1.<key id>.<base64url iv>.<base64url ciphertext+tag>`, AES-256-GCM; the key id is authenticated. */
export function seal(plaintext: string, sealing: SealingKey): string {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', sealing.key, iv);
  cipher.setAAD(additionalData(sealing.id));
  const sealed = Buffer.concat([
    cipher.update(plaintext, 'utf8'),
    cipher.final(),
    cipher.getAuthTag(),
  ]);
  return `v1.${sealing.id}.${iv.toString('base64url')}.${sealed.toString('base64url')}`;
}

/** Nobody here holds the key that a secret was sealed with; an altered secret is another error. */
export class UnknownSealingKeyError extends Error {
  readonly keyId: string;

  constructor(keyId: string, held: readonly SealingKey[]) {
    const ids = held.map(({ id }) => id).join(' and ');
    super(`The secret is sealed with key ${keyId}, this process holds ${ids}`);
    this.name = 'UnknownSealingKeyError';
    this.keyId = keyId;
  }
}

/**
 * Opens with the key that the text names: the current one, or one still held while keys are rotated.
 * Throws when it names another or was altered; the message never holds its content.
 */
export function unseal(sealed: string, ...keys: readonly SealingKey[]): string {
  const { keyId, iv, body } = partsOf(sealed);
  const sealing = keys.find(({ id }) => id === keyId);
  if (sealing === undefined) throw new UnknownSealingKeyError(keyId, keys);
  try {
    return open(Buffer.from(iv, 'base64url'), Buffer.from(body, 'base64url'), sealing);
  } catch (cause) {
    throw new Error('The sealed secret was altered', { cause });
  }
}

/**
 * For compiling a configuration: a secret under a key nobody here holds costs itself and not the
 * revision. In its place stands one that nobody knows: nothing a caller signs verifies against it,
 * and an upstream refuses it. `onUnknownKey` hears of every such secret.
 */
export function unsealOrStandIn(
  keys: readonly SealingKey[],
  onUnknownKey: (keyId: string) => void,
): (sealed: string) => string {
  return (sealed) => {
    try {
      return unseal(sealed, ...keys);
    } catch (error) {
      if (!(error instanceof UnknownSealingKeyError)) throw error;
      onUnknownKey(error.keyId);
      return randomBytes(STAND_IN_BYTES).toString('base64url');
    }
  };
}

function partsOf(sealed: string): { keyId: string; iv: string; body: string } {
  const [version, keyId, iv, body, ...rest] = sealed.split('.');
  if (version !== 'v1' || !keyId || !iv || !body || rest.length > 0) {
    throw new Error('This is not a sealed secret');
  }
  return { keyId, iv, body };
}

function open(iv: Buffer, body: Buffer, sealing: SealingKey): string {
  const decipher = createDecipheriv('aes-256-gcm', sealing.key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(sealing.id));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const plain = [decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()];
  return Buffer.concat(plain).toString('utf8');
}

const additionalData = (keyId: string): Buffer => Buffer.from(`portico.v1.${keyId}`, 'utf8');
