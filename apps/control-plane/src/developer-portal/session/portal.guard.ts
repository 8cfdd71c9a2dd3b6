import {
  createParamDecorator,
  Inject,
  Injectable,
  type CanActivate,
  type ExecutionContext,
} from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { identify } from '../../access/request-context.ts';
import { ApiError } from '../../http/api-error.ts';
import { PortalSessions, type PortalSession } from './portal-sessions.service.ts';
import { sessionCookieOf } from './session-cookie.ts';

const sessionByRequest = new WeakMap<object, PortalSession>();

/** Lets a request pass only with a session that is good at this moment. */
@Injectable()
export class PortalGuard implements CanActivate {
  constructor(@Inject(PortalSessions) private readonly sessions: PortalSessions) {}

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const secret = sessionCookieOf(request.headers.cookie);
    const found = secret === undefined ? undefined : await this.sessions.find(secret);
    // Told apart, because only one of the two is mended by signing in again.
    if (found?.kind === 'revoked') throw new ApiError('access_revoked');
    if (found?.kind !== 'good') {
      throw new ApiError('unauthenticated', { message: 'Sign in to the developer portal.' });
    }
    const { session } = found;
    sessionByRequest.set(request.raw, session);
    identify(request, { type: 'portal', id: session.email, name: session.email });
    return true;
  }
}

/** Whose portal this is, as a handler's argument. */
export const Session = createParamDecorator((_: unknown, host: ExecutionContext) => {
  const session = sessionByRequest.get(host.switchToHttp().getRequest<FastifyRequest>().raw);
  if (session === undefined) throw new Error('A handler asked for a session behind no guard');
  return session;
});
