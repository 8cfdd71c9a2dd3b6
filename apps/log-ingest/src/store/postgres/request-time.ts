/** How far the id's own time may be from the record's: one is taken right after the other. */
export const ID_TIME_TOLERANCE_MS = 1_000;

/** `req_` and a UUIDv7, with or without dashes. */
const TIMED_ID =
  /^req_([0-9a-f]{8})-?([0-9a-f]{4})-?7[0-9a-f]{3}-?[89ab][0-9a-f]{3}-?[0-9a-f]{12}$/;

/** Unix ms that a UUIDv7 request id carries; undefined for any other id. */
export function timeOf(requestId: string): number | undefined {
  const match = TIMED_ID.exec(requestId);
  return match ? Number.parseInt(`${match[1]}${match[2]}`, 16) : undefined;
}

/** A caller may send us an id in our own form and with any time in it: then the time says nothing. */
export function isTimedBy(requestId: string, timestampMs: number): boolean {
  const ms = timeOf(requestId);
  return ms !== undefined && Math.abs(ms - timestampMs) <= ID_TIME_TOLERANCE_MS;
}
