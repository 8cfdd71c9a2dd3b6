import type { GatewayFailureCode } from '@portico/contracts';

export interface UpstreamFailure {
  readonly code: GatewayFailureCode;
  /** For the record and the metrics: `connect_timeout`, `ECONNREFUSED`, `HPE_INVALID_CONSTANT` … */
  readonly reason: string;
}

/** Ours, put in when a clock of ours ran out or the caller left; tells `onResponseError` why. */
export class Abandoned extends Error {
  readonly failure: UpstreamFailure;

  constructor(failure: UpstreamFailure) {
    super(failure.reason);
    this.failure = failure;
  }
}

interface CodedError extends Error {
  readonly code?: string;
  readonly errors?: readonly CodedError[];
}

/**
 * What an error of the upstream client means to the caller. Until the connection stood, the upstream
 * was unreachable; after that it broke off.
 */
export function failureOf(error: Error, wasConnected: boolean): UpstreamFailure {
  if (error instanceof Abandoned) return error.failure;
  const code = codeOf(error);
  if (code === 'UND_ERR_CONNECT_TIMEOUT' || (code === 'ETIMEDOUT' && !wasConnected)) {
    return { code: 'upstream_timeout', reason: 'connect_timeout' };
  }
  return { code: wasConnected ? 'upstream_error' : 'upstream_unreachable', reason: code };
}

const codeOf = (error: CodedError): string => error.code ?? error.errors?.[0]?.code ?? error.name;
