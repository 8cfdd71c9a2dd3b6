import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { invalid, notFound } from '../http/api-error.ts';
import { isPlainObject, type JsonObject } from './merge-patch.ts';
import { unstorableIn } from './unstorable.ts';

/** A PATCH as services take it: which resource, what to merge, and what the caller has seen. */
export interface Change {
  readonly id: string;
  readonly patch: JsonObject;
  readonly ifMatch: string | undefined;
}

export interface Removal {
  readonly id: string;
  readonly force: boolean;
  readonly ifMatch: string | undefined;
}

const requestOf = (host: ExecutionContext): FastifyRequest =>
  host.switchToHttp().getRequest<FastifyRequest>();

/** A patch is checked by what it makes of the resource, so only its outline is looked at here. */
export const ChangeOf = createParamDecorator((_: unknown, host: ExecutionContext): Change => {
  const request = requestOf(host);
  const { body } = request;
  if (!isPlainObject(body)) throw invalid({ path: 'body', message: 'must be an object' });
  const unstorable = unstorableIn(body, 'body');
  if (unstorable.length > 0) throw invalid(...unstorable);
  return { id: idOf(request), patch: body, ifMatch: request.headers['if-match'] };
});

export const RemovalOf = createParamDecorator((_: unknown, host: ExecutionContext): Removal => {
  const request = requestOf(host);
  const { force } = request.query as { force?: unknown };
  if (force !== undefined && force !== 'true' && force !== 'false') {
    throw invalid({ path: 'query.force', message: 'must be true or false' });
  }
  return { id: idOf(request), force: force === 'true', ifMatch: request.headers['if-match'] };
});

/** An id that cannot exist is simply not there; it never reaches the database. */
export function checkedId(id: unknown): string {
  if (typeof id === 'string' && /^[\w.:-]{1,128}$/.test(id)) return id;
  throw notFound();
}

const idOf = (request: FastifyRequest): string =>
  checkedId((request.params as { id?: unknown }).id);
