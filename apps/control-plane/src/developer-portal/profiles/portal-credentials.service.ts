import { Injectable } from '@nestjs/common';
import type { RequestContext } from '../../access/request-context.ts';
import type { AuthHeaders } from '../../auth-headers/auth-headers.ts';
import { RevealedHeaders } from '../../profiles/auth-headers.ts';
import { credentialState, type CredentialState } from '../../profiles/credential-state.ts';
import type { ProfileEntity } from '../../profiles/profile.entity.ts';
import { ProfilesService } from '../../profiles/profiles.service.ts';
import { LogIngestClient } from '../../request-logs/log-ingest.client.ts';
import { Writes } from '../../writes/writes.ts';

export interface RotatedCredential extends AuthHeaders {
  readonly credential: string;
  /** Until when the one before still works. */
  readonly previous_valid_until: string;
  readonly last_used_at: string | null;
}

/** Lets a partner see, and replace, the credentials of its own profiles, and says who did. */
@Injectable()
export class PortalCredentials {
  constructor(
    private readonly profiles: ProfilesService,
    private readonly revealed: RevealedHeaders,
    private readonly logs: LogIngestClient,
    private readonly writes: Writes,
  ) {}

  async headers(profile: ProfileEntity, context: RequestContext): Promise<AuthHeaders> {
    const headers = await this.revealed.of(profile);
    // Before the answer: a secret whose reading could not be accounted for is not shown.
    if (holdsSecret(profile)) await this.recordRead(profile, context);
    return headers;
  }

  async state(profile: ProfileEntity) {
    const [{ credentials }, last_used_at] = await Promise.all([
      this.profiles.get(profile.id),
      this.lastUsed(profile),
    ]);
    const state: CredentialState = credentialState(profile, credentials);
    return { ...state, last_used_at };
  }

  async rotate(
    profile: ProfileEntity,
    graceSeconds: number,
    context: RequestContext,
  ): Promise<RotatedCredential> {
    // Asked first: afterwards the newest call may already be made with the new one.
    const last_used_at = await this.lastUsed(profile);
    const rotated = await this.writes.withWrite(context, (tx) =>
      this.profiles.rotate(tx, profile.id, graceSeconds),
    );
    const until = rotated.profile.updated_at.getTime() + graceSeconds * 1_000;
    return {
      credential: (await this.revealed.secretOf(rotated.profile)) ?? '',
      previous_valid_until: new Date(until).toISOString(),
      last_used_at,
      ...(await this.revealed.of(rotated.profile)),
    };
  }

  private recordRead(profile: ProfileEntity, context: RequestContext): Promise<void> {
    return this.writes.recordOnly(context, {
      action: 'profile.read_secret',
      resource_type: 'profile',
      resource_id: profile.id,
      before: null,
      after: null,
    });
  }

  /** When the profile last called anything. Nice to know, so an absent log store only means "unknown". */
  private async lastUsed({ id, client_id }: ProfileEntity): Promise<string | null> {
    const page = await this.logs
      .search({ client_id, profile_id: id, limit: 1 })
      .catch(() => undefined);
    return page?.data[0]?.timestamp ?? null;
  }
}

const holdsSecret = ({ auth_type }: ProfileEntity): boolean =>
  auth_type === 'token' || auth_type === 'jwt';
