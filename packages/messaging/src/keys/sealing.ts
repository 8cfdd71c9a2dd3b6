import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto';
import type { SealingKey } from './keyring.ts';

const IV_BYTES = 12;
const TAG_BYTES = 16;

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

/** Throws when the text was sealed with another key or altered; the message never holds its content. */
export function unseal(sealed: string, sealing: SealingKey): string {
  const [version, keyId, iv, body, ...rest] = sealed.split('.');
  if (version !== 'v1' || !keyId || !iv || !body || rest.length > 0) {
    throw new Error('This is not a sealed secret');
  }
  if (keyId !== sealing.id) {
    throw new Error(`The secret is sealed with key ${keyId}, this process holds ${sealing.id}`);
  }
  try {
    return open(Buffer.from(iv, 'base64url'), Buffer.from(body, 'base64url'), sealing);
  } catch (cause) {
    throw new Error('The sealed secret was altered', { cause });
  }
}

function open(iv: Buffer, body: Buffer, sealing: SealingKey): string {
  const decipher = createDecipheriv('aes-256-gcm', sealing.key, iv, { authTagLength: TAG_BYTES });
  decipher.setAAD(additionalData(sealing.id));
  decipher.setAuthTag(body.subarray(-TAG_BYTES));
  const plain = [decipher.update(body.subarray(0, -TAG_BYTES)), decipher.final()];
  return Buffer.concat(plain).toString('utf8');
}

const additionalData = (keyId: string): Buffer => Buffer.from(`portico.v1.${keyId}`, 'utf8');
