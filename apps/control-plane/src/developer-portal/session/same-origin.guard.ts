import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import type { ControlPlaneConfig } from '../../config.ts';
import { ApiError } from '../../http/api-error.ts';
import { CONFIG } from '../../tokens.ts';

const READS = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Keeps other sites from acting in a signed-in person's name. The cookie is SameSite=Lax, which
 * browsers older than that ignore, and which calls a sibling subdomain the same site; so a write
 * must also come from our own origin, and must be JSON, which no HTML form can send.
 */
@Injectable()
export class SameOriginGuard implements CanActivate {
  private readonly portalOrigin: string;

  constructor(@Inject(CONFIG) config: ControlPlaneConfig) {
    this.portalOrigin = new URL(config.portalUrl).origin;
  }

  canActivate(host: ExecutionContext): boolean {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    if (READS.has(request.method)) return true;
    const contentType = request.headers['content-type'];
    if (contentType !== undefined && !/^application\/json\b/i.test(contentType)) {
      throw new ApiError('unsupported_media_type');
    }
    if (this.isForeign(request)) {
      throw new ApiError('csrf_required', { message: 'This request came from another site.' });
    }
    return true;
  }

  /** Programs send neither header; every browser sends `Origin` with a cross-site POST. */
  private isForeign(request: FastifyRequest): boolean {
    const { origin, host } = request.headers;
    const site = request.headers['sec-fetch-site'];
    if (site === 'cross-site' || site === 'same-site') return origin !== this.portalOrigin;
    if (origin === undefined || origin === this.portalOrigin) return false;
    return !URL.canParse(origin) || new URL(origin).host !== host;
  }
}
