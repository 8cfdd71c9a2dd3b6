import { randomUUID } from 'node:crypto';
import {
  CONTROL_FAILURES,
  type ControlFailureCode,
  type ErrorBody,
  type FailureDetail,
} from '@portico/contracts';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { ZodError } from 'zod';
import { BadCursorError, StoreUnavailableError } from '../store/log-store.ts';

/** An answer other than success, by its code in the catalogue. */
export class FailureError extends Error {
  readonly code: ControlFailureCode;
  readonly details: readonly FailureDetail[];

  constructor(
    code: ControlFailureCode,
    more: { message?: string; details?: FailureDetail[] } = {},
  ) {
    super(more.message ?? CONTROL_FAILURES[code].message);
    this.code = code;
    this.details = more.details ?? [];
  }
}

const SANE_REQUEST_ID = /^[A-Za-z0-9][A-Za-z0-9._:-]{0,127}$/;

export function requestIdFor(given: string | string[] | undefined): string {
  return typeof given === 'string' && SANE_REQUEST_ID.test(given)
    ? given
    : `req_${randomUUID().replaceAll('-', '')}`;
}

/** The one place where errors become answers. */
export function answerFailures(server: FastifyInstance): void {
  server.setNotFoundHandler((request, reply) =>
    send(new FailureError('not_found'), request, reply),
  );
  server.setErrorHandler((error, request, reply) => {
    const failure = toFailure(error);
    if (CONTROL_FAILURES[failure.code].owner === 'platform') {
      request.log.error({ err: error, url: request.routeOptions.url }, 'A request failed');
    }
    return send(failure, request, reply);
  });
}

function toFailure(error: unknown): FailureError {
  if (error instanceof FailureError) return error;
  if (error instanceof ZodError) {
    const details = error.issues.map(({ path, message }) => ({
      path: ['query', ...path].join('.'),
      message,
    }));
    return new FailureError('validation_failed', { details });
  }
  if (error instanceof BadCursorError) {
    const details = [{ path: 'query.cursor', message: 'is not a cursor of this list' }];
    return new FailureError('validation_failed', { details });
  }
  if (error instanceof StoreUnavailableError) return storeFailure(error);
  const status = (error as { statusCode?: unknown }).statusCode;
  if (typeof status === 'number' && status < 500) return new FailureError('malformed_body');
  return new FailureError('internal_error');
}

const storeFailure = ({ reason }: StoreUnavailableError): FailureError =>
  reason === 'too_slow'
    ? new FailureError('log_store_unavailable', {
        message: 'The query took too long. Ask for a shorter time range or one client.',
      })
    : new FailureError('log_store_unavailable');

function send(failure: FailureError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const body: ErrorBody = {
    error: failure.code,
    message: failure.message,
    request_id: request.id,
    ...(failure.details.length === 0 ? {} : { details: failure.details }),
  };
  return reply.code(CONTROL_FAILURES[failure.code].status).send(body);
}
