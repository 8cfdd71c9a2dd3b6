import {
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { contextOf } from '../access/request-context.ts';

/** Every write says which revision it made, and where asked, waits until it is in force. */
@Injectable()
export class RevisionHeaders implements NestInterceptor {
  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (body: unknown) => {
        const committed = contextOf(request)?.committed;
        if (committed != null) reply.header('x-config-revision', String(committed.revision));
        return body;
      }),
    );
  }
}
