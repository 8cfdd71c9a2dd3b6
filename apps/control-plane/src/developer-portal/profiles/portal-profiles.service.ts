import { Injectable } from '@nestjs/common';
import { DataSource, IsNull } from 'typeorm';
import { notFound } from '../../http/api-error.ts';
import { ProfileCredentialEntity } from '../../profiles/profile-credential.entity.ts';
import { ProfileEntity } from '../../profiles/profile.entity.ts';
import { Vault } from '../../vault/vault.ts';

/** A client's own active profiles; nothing else has an id here. */
@Injectable()
export class PortalProfiles {
  constructor(
    private readonly dataSource: DataSource,
    private readonly vault: Vault,
  ) {}

  list(clientId: string): Promise<ProfileEntity[]> {
    return this.dataSource.getRepository(ProfileEntity).find({
      where: { client_id: clientId, active: true },
      order: { created_at: 'ASC', id: 'ASC' },
    });
  }

  async one(clientId: string, profileId: string): Promise<ProfileEntity> {
    const profile = await this.dataSource
      .getRepository(ProfileEntity)
      .findOneBy({ id: profileId, client_id: clientId, active: true });
    if (profile === null) throw notFound();
    return profile;
  }

  /**
   * The token or HMAC secret that the profile uses now; null where the credential is the partner's
   * own (mtls, oidc, a private key). Whoever shows it must have it audited.
   */
  async currentSecret(profile: ProfileEntity): Promise<string | null> {
    const credential = await this.dataSource.getRepository(ProfileCredentialEntity).findOne({
      where: { profile_id: profile.id, valid_until: IsNull() },
      order: { created_at: 'DESC' },
    });
    if (credential === null) return null;
    return credential.kind === 'token'
      ? this.vault.openToken(credential.sealed)
      : this.vault.openForGateways(credential.sealed);
  }
}
