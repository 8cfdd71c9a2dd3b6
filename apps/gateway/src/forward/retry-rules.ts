import { RequestBody } from './request-body.ts';
import type { UpstreamFailure } from './upstream-failure.ts';

const IDEMPOTENT: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE']);

export interface Attempted {
  readonly failure: UpstreamFailure;
  /** False = not a byte of the request was sent. */
  readonly wasConnected: boolean;
  readonly method: string;
  readonly body: RequestBody | Buffer | null;
}

/**
 * A call is sent again only where that cannot do anything twice: it was certainly not processed, or
 * doing it twice is the same as doing it once (RFC 9110 §9.2.2). What took too long is not repeated:
 * the caller has waited enough, and the upstream is busy enough.
 */
export function mayRetry({ failure, wasConnected, method, body }: Attempted): boolean {
  if (body instanceof RequestBody && body.isStarted) return false;
  if (!wasConnected) {
    return failure.code === 'upstream_unreachable' || failure.reason === 'connect_timeout';
  }
  return failure.code === 'upstream_error' && IDEMPOTENT.has(method);
}
