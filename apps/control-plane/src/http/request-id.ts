import type { IncomingHttpHeaders } from 'node:http';
import { uuidv7obj } from 'uuidv7';

/** As the gateway has it: one id must be able to name a call in every service's log. */
const SANE = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** The caller's own id when it is sane, else `req_` + UUIDv7, which sorts by time. */
export function requestIdOf(headers: IncomingHttpHeaders): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && SANE.test(given) ? given : newRequestId();
}

export const newRequestId = (): string => `req_${uuidv7obj().toHex()}`;
