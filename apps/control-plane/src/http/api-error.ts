import { CONTROL_FAILURES, type ControlFailureCode, type FailureDetail } from '@portico/contracts';

interface ApiErrorOptions {
  /** Replaces the catalogue's sentence where there is more to say. */
  readonly message?: string;
  readonly details?: readonly FailureDetail[];
  readonly headers?: Readonly<Record<string, string>>;
  readonly cause?: unknown;
}

/** An expected refusal: the error filter turns it into the contract's body. */
export class ApiError extends Error {
  readonly code: ControlFailureCode;
  readonly details: readonly FailureDetail[] | undefined;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: ControlFailureCode, options: ApiErrorOptions = {}) {
    super(options.message ?? CONTROL_FAILURES[code].message, { cause: options.cause });
    this.name = 'ApiError';
    this.code = code;
    this.details = options.details;
    this.headers = options.headers ?? {};
  }

  get status(): number {
    return CONTROL_FAILURES[this.code].status;
  }
}

export const notFound = (message?: string): ApiError =>
  new ApiError('not_found', message === undefined ? {} : { message });

/** 422 pointing at one place or several. */
export const invalid = (...details: readonly FailureDetail[]): ApiError =>
  new ApiError('validation_failed', { details });

export const conflict = (message: string, details?: readonly FailureDetail[]): ApiError =>
  new ApiError('conflict', details === undefined ? { message } : { message, details });
