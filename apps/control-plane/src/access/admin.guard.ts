import { createHash, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { DataSource } from 'typeorm';
import { ApiKeyEntity } from '../api-keys/api-key.entity.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { ApiError } from '../http/api-error.ts';
import { CONFIG } from '../tokens.ts';
import { identify, type Actor } from './request-context.ts';
import { ACCESS_RULE, type AccessRule, type Role } from './roles.ts';

interface Admin {
  readonly actor: Actor;
  readonly role: Role;
}

const LAST_USED_PRECISION_MS = 60_000;
const BOOTSTRAP: Admin = {
  actor: { type: 'api_key', id: 'key_bootstrap', name: 'PORTICO_ADMIN_API_KEY' },
  role: 'admin',
};

/** Stands before every route: who asks, and whether their role is on the route's list. */
@Injectable()
export class AdminGuard implements CanActivate {
  private readonly bootstrapDigest: Buffer | null;

  constructor(
    private readonly reflector: Reflector,
    private readonly dataSource: DataSource,
    @Inject(CONFIG) config: ControlPlaneConfig,
  ) {
    this.bootstrapDigest = config.adminApiKey === null ? null : digest(config.adminApiKey);
  }

  async canActivate(host: ExecutionContext): Promise<boolean> {
    const targets = [host.getHandler(), host.getClass()];
    const rule = this.reflector.getAllAndOverride<AccessRule | undefined>(ACCESS_RULE, targets);
    if (rule?.kind === 'public') return true;
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const admin = await this.authenticate(request);
    identify(request, admin.actor);
    // Refuse what nobody declared: a forgotten decorator must close a route, not open it.
    if (rule === undefined) throw new ApiError('forbidden');
    if (admin.role !== 'admin' && !rule.roles.includes(admin.role)) throw new ApiError('forbidden');
    return true;
  }

  private async authenticate(request: FastifyRequest): Promise<Admin> {
    const key = bearer(request.headers.authorization);
    if (key === undefined) throw unauthenticated();
    const given = digest(key);
    if (this.bootstrapDigest !== null && timingSafeEqual(given, this.bootstrapDigest)) {
      return BOOTSTRAP;
    }
    return this.fromDatabase(given.toString('hex'));
  }

  private async fromDatabase(sha256: string): Promise<Admin> {
    const keys = this.dataSource.getRepository(ApiKeyEntity);
    const row = await keys.findOneBy({ sha256, active: true });
    const nowMs = Date.now();
    if (row === null || (row.expires_at !== null && row.expires_at.getTime() <= nowMs)) {
      throw unauthenticated();
    }
    if ((row.last_used_at?.getTime() ?? 0) < nowMs - LAST_USED_PRECISION_MS) {
      await keys.update({ id: row.id }, { last_used_at: new Date(nowMs) });
    }
    return { actor: { type: 'api_key', id: row.id, name: row.name }, role: row.role };
  }
}

const digest = (text: string): Buffer => createHash('sha256').update(text, 'utf8').digest();

const bearer = (header: string | undefined): string | undefined =>
  /^Bearer +(\S{8,512}) *$/i.exec(header ?? '')?.[1];

const unauthenticated = (): ApiError =>
  new ApiError('unauthenticated', { headers: { 'www-authenticate': 'Bearer realm="portico"' } });
