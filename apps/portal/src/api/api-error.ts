export interface ErrorDetail {
  readonly path: string;
  readonly message: string;
}

/** An answer that is not 2xx, or (`status` 0) no answer at all. Code branches on `code`. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly details: readonly ErrorDetail[];
  readonly requestId: string | null;

  constructor(status: number, body: unknown) {
    const fields = (typeof body === 'object' && body !== null ? body : {}) as Record<
      string,
      unknown
    >;
    super(typeof fields.message === 'string' ? fields.message : 'The portal could not be reached.');
    this.name = 'ApiError';
    this.status = status;
    this.code = typeof fields.error === 'string' ? fields.error : 'unreachable';
    this.details = Array.isArray(fields.details) ? (fields.details as ErrorDetail[]) : [];
    this.requestId = typeof fields.request_id === 'string' ? fields.request_id : null;
  }
}

export const isApiError = (error: unknown, ...codes: readonly string[]): error is ApiError =>
  error instanceof ApiError && (codes.length === 0 || codes.includes(error.code));
