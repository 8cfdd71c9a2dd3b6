import { ApiError } from '../http/api-error.ts';

/** Classes of SQLSTATE and of socket errors that mean: the database is away or overloaded. */
const UNAVAILABLE = /^(?:08|53|55000|55P03|57P0|57014|ECONN|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE)/;

/** What the contract answers when PostgreSQL said no, or nothing; undefined when it is not that. */
export function databaseFailure(exception: unknown): ApiError | undefined {
  const code = codeOf(exception);
  if (code === '23505') {
    return new ApiError('conflict', { message: 'Something with this id or value exists already.' });
  }
  if (code === '23503') {
    return new ApiError('conflict', { message: 'Something that this refers to is in the way.' });
  }
  if (code !== undefined && UNAVAILABLE.test(code)) {
    return new ApiError('unavailable', { cause: exception });
  }
  // pg and its pool report these without a code.
  const message = exception instanceof Error ? exception.message : '';
  return /Connection terminated|timeout exceeded when trying to connect/.test(message)
    ? new ApiError('unavailable', { cause: exception })
    : undefined;
}

function codeOf(exception: unknown): string | undefined {
  const error = exception as { code?: unknown; driverError?: { code?: unknown } } | null;
  const code = error?.driverError?.code ?? error?.code;
  return typeof code === 'string' ? code : undefined;
}
