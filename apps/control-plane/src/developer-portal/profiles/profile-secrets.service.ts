import { Inject, Injectable } from '@nestjs/common';
import { unseal } from '@portico/messaging';
import { DataSource, IsNull } from 'typeorm';
import type { ControlPlaneConfig } from '../../config.ts';
import { ProfileCredentialEntity } from '../../profiles/profile-credential.entity.ts';
import type { ProfileEntity } from '../../profiles/profile.entity.ts';
import { CONFIG } from '../../tokens.ts';

/** Opens the credential a profile uses now. Whoever shows it must have it audited. */
@Injectable()
export class ProfileSecrets {
  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  /** Null where the credential is the partner's own: mtls, oidc, a private key. */
  async current(profile: ProfileEntity): Promise<string | null> {
    if (profile.auth_type !== 'token' && profile.auth_type !== 'jwt') return null;
    const credential = await this.dataSource.getRepository(ProfileCredentialEntity).findOne({
      where: { profile_id: profile.id, valid_until: IsNull() },
      order: { created_at: 'DESC' },
    });
    return credential === null ? null : unseal(credential.sealed, this.config.vaultKey);
  }
}
