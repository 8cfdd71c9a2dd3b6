import {
  Inject,
  Injectable,
  type CallHandler,
  type ExecutionContext,
  type NestInterceptor,
} from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { mergeMap, type Observable } from 'rxjs';
import { contextOf } from '../access/request-context.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { CONFIG } from '../tokens.ts';
import { LiveNodes } from './live-nodes.ts';
import { waitPreference } from './preference.ts';

/** Every write says which revision it made or found and, if asked, waits until that is in force. */
@Injectable()
export class RevisionHeaders implements NestInterceptor {
  constructor(
    private readonly nodes: LiveNodes,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  intercept(host: ExecutionContext, next: CallHandler): Observable<unknown> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    return next.handle().pipe(
      mergeMap(async (body: unknown) => {
        await this.announce(request, reply);
        return body;
      }),
    );
  }

  private async announce(request: FastifyRequest, reply: FastifyReply): Promise<void> {
    const committed = contextOf(request)?.committed;
    if (committed === null || committed === undefined) return;
    reply.header('x-config-revision', String(committed.revision));
    const wished = waitPreference(request.headers['prefer']);
    if (wished === undefined) return;
    const waitMs = Math.min(wished, this.config.limits.waitSecondsMax) * 1000;
    const { applied, live } = await this.nodes.whenApplied(committed.revision, waitMs);
    reply.header('preference-applied', 'wait');
    const ms = Date.now() - committed.atMs;
    reply.header('x-config-propagation', `nodes=${applied}/${live};ms=${ms}`);
  }
}
