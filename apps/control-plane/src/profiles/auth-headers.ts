import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { authHeadersOf, type AuthHeaders } from '../auth-headers/auth-headers.ts';
import type { ControlPlaneConfig } from '../config.ts';
import { CONFIG } from '../tokens.ts';
import { Credentials } from './credentials.ts';
import type { ProfileEntity } from './profile.entity.ts';
import { samplePath } from './sample-path.ts';

/** What a caller sends as a profile, in the clear. Whoever asks records it as a secret that was read. */
@Injectable()
export class RevealedHeaders {
  constructor(
    private readonly dataSource: DataSource,
    private readonly credentials: Credentials,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  async of(profile: ProfileEntity): Promise<AuthHeaders> {
    return authHeadersOf(profile, {
      secret: await this.secretOf(profile),
      gatewayUrl: this.config.gatewayUrl,
      gatewayTlsUrl: this.config.gatewayTlsUrl,
      path: await samplePath(this.dataSource, profile.client_id),
      nowMs: Date.now(),
    });
  }

  /** The current token or HMAC secret; null where the profile has none of ours. */
  async secretOf({ id }: ProfileEntity): Promise<string | null> {
    return (await this.credentials.reveal(this.dataSource, id)) ?? null;
  }
}
