import { Inject, Injectable } from '@nestjs/common';
import type { RequestContext } from '../../access/request-context.ts';
import { authHeadersOf, type AuthHeaders } from '../../auth-headers/auth-headers.ts';
import type { ControlPlaneConfig } from '../../config.ts';
import type { ProfileEntity } from '../../profiles/profile.entity.ts';
import { CONFIG } from '../../tokens.ts';
import { Writes } from '../../writes/writes.ts';
import { PortalCatalogue } from '../catalogue/portal-catalogue.service.ts';
import { PortalProfiles } from './portal-profiles.service.ts';

/** Shows a partner the headers of one of its profiles, secret included, and says who looked. */
@Injectable()
export class PortalAuthHeaders {
  constructor(
    private readonly profiles: PortalProfiles,
    private readonly catalogue: PortalCatalogue,
    private readonly writes: Writes,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  async show(profile: ProfileEntity, context: RequestContext): Promise<AuthHeaders> {
    const [secret, [first]] = await Promise.all([
      this.profiles.currentSecret(profile),
      this.catalogue.collections(profile.client_id),
    ]);
    // Before the answer: a secret whose reading could not be accounted for is not shown.
    if (secret !== null) await this.record(profile, context);
    const { gatewayUrl, gatewayTlsUrl } = this.config;
    const path = first?.collection.base_path ?? '/';
    return authHeadersOf(profile, { secret, gatewayUrl, gatewayTlsUrl, path, nowMs: Date.now() });
  }

  private record(profile: ProfileEntity, context: RequestContext): Promise<void> {
    return this.writes.recordOnly(context, {
      action: 'profile.read_secret',
      resource_type: 'profile',
      resource_id: profile.id,
      before: null,
      after: null,
    });
  }
}
