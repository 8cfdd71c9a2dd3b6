import { uuidv7obj } from 'uuidv7';

/** Anything longer, or with characters that a log or a shell gives a meaning, is replaced. */
const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

/** Sorts by time, so that a store can find the record's partition from the id alone. */
export const newRequestId = (): string => `req_${uuidv7obj().toHex()}`;

/** Keeps the caller's X-Request-ID where it is sane, so that its logs and ours name the same call. */
export const requestIdOf = (given: string | undefined): string =>
  given !== undefined && SANE_REQUEST_ID.test(given) ? given : newRequestId();
