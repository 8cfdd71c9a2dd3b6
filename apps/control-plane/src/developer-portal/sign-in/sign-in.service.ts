import { Injectable } from '@nestjs/common';
import { DataSource, type EntityManager } from 'typeorm';
import { ClientEmailEntity } from '../../clients/client-email.entity.ts';
import { ClientEntity } from '../../clients/client.entity.ts';
import { ApiError } from '../../http/api-error.ts';
import { PortalSessions, type PortalSession } from '../session/portal-sessions.service.ts';
import { secretDigest } from '../session/secret.ts';
import { SignInLinks, type Person } from './sign-in-links.service.ts';

export interface Visitor {
  readonly ip: string;
  readonly userAgent: string | null;
}

type Outcome =
  | { readonly kind: 'invalid_token' }
  | { readonly kind: 'access_revoked' }
  | { readonly kind: 'signed_in'; readonly secret: string; readonly session: PortalSession };

/** Turns a mailed token into a session. */
@Injectable()
export class SignIn {
  constructor(
    private readonly dataSource: DataSource,
    private readonly links: SignInLinks,
    private readonly sessions: PortalSessions,
  ) {}

  async withToken(token: string, visitor: Visitor) {
    // Refusals are thrown after the commit: a link that was used stays used.
    const outcome = await this.dataSource.transaction((manager) =>
      this.redeem(token, visitor, manager),
    );
    if (outcome.kind !== 'signed_in') throw new ApiError(outcome.kind);
    return outcome;
  }

  private async redeem(token: string, visitor: Visitor, manager: EntityManager): Promise<Outcome> {
    const person = await this.links.redeem(token, manager);
    if (person === undefined) return { kind: 'invalid_token' };
    const client = await findWelcomingClient(person, manager);
    if (client === null) return { kind: 'access_revoked' };
    const { secret, expiresAt } = await this.sessions.open({ ...person, ...visitor }, manager);
    const session = {
      sha256: secretDigest(secret),
      client: { id: client.id, name: client.name },
      email: person.email,
      expiresAt,
    };
    return { kind: 'signed_in', secret, session };
  }
}

async function findWelcomingClient(
  { clientId, email }: Person,
  manager: EntityManager,
): Promise<ClientEntity | null> {
  const isAuthorized = await manager.existsBy(ClientEmailEntity, { client_id: clientId, email });
  if (!isAuthorized) return null;
  return manager.findOneBy(ClientEntity, { id: clientId, active: true, has_portal_access: true });
}
