import {
  Catch,
  HttpException,
  Inject,
  type ArgumentsHost,
  type ExceptionFilter,
} from '@nestjs/common';
import { CONTROL_FAILURES, type ErrorBody } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { databaseFailure } from '../database/database-failure.ts';
import { LOGGER } from '../tokens.ts';
import { ApiError } from './api-error.ts';

/** The only place where an exception becomes an answer. A stack or a driver's words never get out. */
@Catch()
export class ErrorFilter implements ExceptionFilter {
  constructor(@Inject(LOGGER) private readonly logger: Logger) {}

  catch(exception: unknown, host: ArgumentsHost): void {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    const error = toApiError(exception);
    if (error.status >= 500) {
      const fields = { err: exception, request_id: request.id, url: request.routeOptions?.url };
      this.logger.error(fields, `${error.code}: ${request.method}`);
    }
    if (reply.sent) return;
    void reply
      .status(error.status)
      .headers({ ...error.headers, 'content-type': 'application/json; charset=utf-8' })
      .send(JSON.stringify(errorBody(error, request.id)));
  }
}

export const errorBody = (error: ApiError, requestId: string): ErrorBody => ({
  error: error.code,
  message: error.message,
  request_id: requestId,
  ...(error.details === undefined ? {} : { details: error.details }),
});

export function toApiError(exception: unknown): ApiError {
  if (exception instanceof ApiError) return exception;
  return (
    fromFastify(exception) ??
    fromNest(exception) ??
    databaseFailure(exception) ??
    new ApiError('internal_error', { cause: exception })
  );
}

/** Fastify's own refusals, by its codes, which are stable; its messages are not repeated. */
function fromFastify(exception: unknown): ApiError | undefined {
  const { code, statusCode } = (exception ?? {}) as { code?: string; statusCode?: number };
  switch (code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new ApiError('payload_too_large');
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new ApiError('unsupported_media_type');
    case 'FST_ERR_CTP_INVALID_JSON_BODY':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
      return new ApiError('malformed_body');
    case 'FST_ERR_BAD_URL':
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new ApiError('not_found');
    default:
      break;
  }
  const isParserError = exception instanceof SyntaxError && statusCode === 400;
  return isParserError ? new ApiError('malformed_body') : undefined;
}

function fromNest(exception: unknown): ApiError | undefined {
  if (!(exception instanceof HttpException)) return undefined;
  const status = exception.getStatus();
  for (const code of ['not_found', 'unauthenticated', 'forbidden', 'payload_too_large'] as const) {
    if (CONTROL_FAILURES[code].status === status) return new ApiError(code);
  }
  if (status === 415) return new ApiError('unsupported_media_type');
  if (status === 400) return new ApiError('malformed_body');
  return new ApiError(status === 503 ? 'unavailable' : 'internal_error', { cause: exception });
}
