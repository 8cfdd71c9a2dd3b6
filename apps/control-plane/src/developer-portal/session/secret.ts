import { createHash, randomBytes } from 'node:crypto';

const SECRET_BYTES = 32;

/** A link token or a session id: 256 random bits. The database holds its digest only. */
export const mintSecret = (): string => randomBytes(SECRET_BYTES).toString('base64url');

export const secretDigest = (secret: string): string =>
  createHash('sha256').update(secret, 'utf8').digest('hex');
