import { createHmac, timingSafeEqual } from 'node:crypto';
import { PORTAL_SOURCE_MAX_AGE_MS } from '@portico/contracts';

export interface PortalClaim {
  readonly header: string;
  readonly clientId: string;
  readonly nowMs: number;
}

/**
 * The portal person on whose behalf this call is made, or `null`. The HMAC covers the client, so a
 * header seen in one partner's call cannot dress up another's.
 */
export function portalPerson(claim: PortalClaim, key: Uint8Array): string | null {
  const parts = claim.header.split(';');
  const [email, sentAt, mac] = parts;
  if (parts.length !== 3 || !email || !sentAt || !mac || !/^\d{1,15}$/.test(sentAt)) return null;
  if (Math.abs(claim.nowMs - Number(sentAt)) > PORTAL_SOURCE_MAX_AGE_MS) return null;
  const expected = createHmac('sha256', key)
    .update(`${email};${sentAt};${claim.clientId}`)
    .digest();
  const given = Buffer.from(mac, 'base64url');
  return given.length === expected.length && timingSafeEqual(given, expected) ? email : null;
}
