import { createHmac } from 'node:crypto';
import { PORTAL_SOURCE_HEADER } from '@portico/contracts';
import type { HeaderLine } from '../../auth-headers/auth-headers.ts';

/** Tells the gateway which portal person makes this call, so that the request log can say so. */
export function portalSourceHeader(
  person: { readonly email: string; readonly clientId: string },
  key: Uint8Array,
  nowMs: number,
): HeaderLine {
  // An address may hold letters that no header can carry.
  const email = /^[\x21-\x3a\x3c-\x7e]+$/.test(person.email)
    ? person.email
    : encodeURIComponent(person.email);
  const mac = createHmac('sha256', key).update(`${email};${nowMs};${person.clientId}`);
  return { name: PORTAL_SOURCE_HEADER, value: `${email};${nowMs};${mac.digest('base64url')}` };
}
