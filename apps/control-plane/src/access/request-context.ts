import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

export type ActorType = 'api_key' | 'admin_user' | 'portal' | 'system';

/** Who is doing this: what the audit log names. */
export interface Actor {
  readonly type: ActorType;
  readonly id: string;
  readonly name: string;
}

/** Handed explicitly to everything that writes. */
export interface RequestContext {
  readonly actor: Actor;
  readonly ip: string | null;
  readonly requestId: string;
  /** Set by the write: what `X-Config-Revision` says. */
  committed: { readonly revision: number; readonly atMs: number } | null;
}

const contexts = new WeakMap<object, RequestContext>();

/** Called by a guard once it knows who is asking. */
export function identify(request: FastifyRequest, actor: Actor): RequestContext {
  const context = { actor, ip: request.ip, requestId: request.id, committed: null };
  contexts.set(request.raw, context);
  return context;
}

export const contextOf = (request: FastifyRequest): RequestContext | undefined =>
  contexts.get(request.raw);

/** The request's context, as a handler's argument. */
export const Context = createParamDecorator((_: unknown, host: ExecutionContext) => {
  const context = contextOf(host.switchToHttp().getRequest<FastifyRequest>());
  if (context === undefined) throw new Error('A handler asked for a context nobody identified');
  return context;
});

export const systemContext = (name: string): RequestContext => ({
  actor: { type: 'system', id: 'system', name },
  ip: null,
  requestId: 'req_system',
  committed: null,
});
