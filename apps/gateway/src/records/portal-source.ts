import { createHmac, timingSafeEqual } from 'node:crypto';
import { PORTAL_SOURCE_MAX_AGE_MS } from '@portico/contracts';

export interface PortalClaim {
  readonly header: string;
  readonly clientId: string;
  readonly nowMs: number;
}

/**
 * The portal person on whose behalf this call is made, or `null`. The HMAC covers the client, so a
 * header seen in one partner's call cannot dress up another's. Any of the keys will do: there are two
 * while keys are rotated.
 */
export function portalPerson(claim: PortalClaim, keys: readonly Uint8Array[]): string | null {
  const parts = claim.header.split(';');
  const [email, sentAt, mac] = parts;
  if (parts.length !== 3 || !email || !sentAt || !mac || !/^\d{1,15}$/.test(sentAt)) return null;
  if (Math.abs(claim.nowMs - Number(sentAt)) > PORTAL_SOURCE_MAX_AGE_MS) return null;
  const signed = `${email};${sentAt};${claim.clientId}`;
  const given = Buffer.from(mac, 'base64url');
  return keys.some((key) => isMac(given, signed, key)) ? email : null;
}

function isMac(given: Buffer, signed: string, key: Uint8Array): boolean {
  const expected = createHmac('sha256', key).update(signed).digest();
  return given.length === expected.length && timingSafeEqual(given, expected);
}
