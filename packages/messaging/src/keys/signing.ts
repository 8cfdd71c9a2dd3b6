import { sign, verify, type KeyObject } from 'node:crypto';
import { signedText, type ConfigMessage } from '@portico/contracts';

/** The message with its Ed25519 signature over every other field. */
export function signMessage(message: ConfigMessage, privateKey: KeyObject): ConfigMessage {
  const signature = sign(null, Buffer.from(signedText(message), 'utf8'), privateKey);
  return { ...message, signature: signature.toString('base64') };
}

/**
 * True when one of the keys signed it: one, or two while keys are rotated. False for a missing,
 * malformed or wrong signature; never throws on what a message holds.
 */
export function verifyMessage(
  message: ConfigMessage,
  ...publicKeys: readonly KeyObject[]
): boolean {
  if (message.signature === undefined) return false;
  const signature = Buffer.from(message.signature, 'base64');
  const text = Buffer.from(signedText(message), 'utf8');
  return publicKeys.some((publicKey) => verify(null, text, publicKey, signature));
}
