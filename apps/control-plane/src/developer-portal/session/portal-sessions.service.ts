import { Injectable } from '@nestjs/common';
import { DataSource, IsNull, LessThan, type EntityManager } from 'typeorm';
import { PortalSessionEntity } from '../../portal-access/portal-session.entity.ts';
import { mintSecret, secretDigest } from './secret.ts';

export const SESSION_LIFETIME_MS = 24 * 3_600_000;

/** A signed-in person, as of this request. */
export interface PortalSession {
  readonly sha256: string;
  readonly client: { readonly id: string; readonly name: string };
  readonly email: string;
  readonly expiresAt: Date;
}

/** What a cookie is worth now. */
export type FoundSession =
  | { readonly kind: 'good'; readonly session: PortalSession }
  /** The person may not be here any more, whoever ended the session, and however. */
  | { readonly kind: 'revoked' }
  /** Never was, signed out, too old, or ended by a revocation that was taken back since. */
  | { readonly kind: 'unknown' };

export interface NewSession {
  readonly clientId: string;
  readonly email: string;
  readonly ip: string;
  readonly userAgent: string | null;
}

interface SessionRow {
  readonly client_id: string;
  readonly name: string;
  readonly email: string;
  readonly expires_at: Date;
  readonly is_open: boolean;
  readonly may_enter: boolean;
}

/** Whether a person may be here depends on the client record now, not on what it was at sign-in. */
const MAY_ENTER = `
  c.active and c.has_portal_access and exists (
    select from client_emails e where e.client_id = c.id and e.email = s.email)`;

const FIND = `
  select s.client_id, c.name, s.email, s.expires_at, s.ended_at is null as is_open,
    ${MAY_ENTER} as may_enter
  from portal_sessions s join clients c on c.id = s.client_id
  where s.sha256 = $1 and s.expires_at > $2`;

@Injectable()
export class PortalSessions {
  constructor(private readonly dataSource: DataSource) {}

  /** A new id every time, so that a planted one never becomes a session. Answers the cookie's value. */
  async open(person: NewSession, manager: EntityManager) {
    const secret = mintSecret();
    const now = new Date();
    const expiresAt = new Date(now.getTime() + SESSION_LIFETIME_MS);
    await manager.insert(PortalSessionEntity, {
      sha256: secretDigest(secret),
      client_id: person.clientId,
      email: person.email,
      created_at: now,
      expires_at: expiresAt,
      ended_at: null,
      ip: person.ip,
      user_agent: person.userAgent?.slice(0, 500) ?? null,
    });
    await manager.delete(PortalSessionEntity, { expires_at: LessThan(now) });
    return { secret, expiresAt };
  }

  /** Asked on every request. A session found revoked is ended, so it does not return with the access. */
  async find(secret: string): Promise<FoundSession> {
    const sha256 = secretDigest(secret);
    const rows = await this.dataSource.query<SessionRow[]>(FIND, [sha256, new Date()]);
    const row = rows[0];
    if (row === undefined) return { kind: 'unknown' };
    if (!row.may_enter) {
      if (row.is_open) await this.end(sha256);
      return { kind: 'revoked' };
    }
    if (!row.is_open) return { kind: 'unknown' };
    const client = { id: row.client_id, name: row.name };
    return {
      kind: 'good',
      session: { sha256, client, email: row.email, expiresAt: row.expires_at },
    };
  }

  async end(sha256: string): Promise<void> {
    const sessions = this.dataSource.getRepository(PortalSessionEntity);
    await sessions.update({ sha256, ended_at: IsNull() }, { ended_at: new Date() });
  }
}
