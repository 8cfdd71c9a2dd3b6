import { Inject, Injectable } from '@nestjs/common';
import { SignJWT } from 'jose';
import { DataSource } from 'typeorm';
import type { ControlPlaneConfig } from '../config.ts';
import { CONFIG } from '../tokens.ts';
import type { AuthHeader, AuthHeadersResponse } from './auth-headers.dto.ts';
import { Credentials } from './credentials.ts';
import { curlCommand } from './curl-command.ts';
import type { JwtAuth, OidcAuth } from './profile-auth.ts';
import type { ProfileEntity } from './profile.entity.ts';
import { samplePath } from './sample-path.ts';

/** How long a signed example is good for: enough to paste it, not to build on it. */
const EXAMPLE_LIFETIME_SECONDS = 300;

interface Presented {
  readonly authorization: string | null;
  readonly how_to?: string;
  readonly signing_secret?: string;
}

/**
 * What a caller sends as this profile, in the clear. For admins and the client's own portal alike;
 * whoever asks audits it as the reading of a secret.
 */
@Injectable()
export class AuthHeaders {
  constructor(
    private readonly dataSource: DataSource,
    private readonly credentials: Credentials,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
  ) {}

  async of(profile: ProfileEntity): Promise<AuthHeadersResponse> {
    const { authorization, ...extra } = await this.present(profile);
    const headers: AuthHeader[] = [
      { name: 'X-Client-ID', value: profile.client_id },
      { name: 'X-Profile-ID', value: profile.id },
      ...(authorization === null ? [] : [{ name: 'Authorization', value: authorization }]),
    ];
    const isMtls = profile.auth_type === 'mtls';
    const base = isMtls ? this.config.gatewayTlsUrl : this.config.gatewayUrl;
    const url = base + (await samplePath(this.dataSource, profile.client_id));
    return { headers, curl: curlCommand({ url, headers, isMtls }), ...extra };
  }

  /** A token this profile can call with right now; undefined where only the partner can make one. */
  async bearer(profile: ProfileEntity): Promise<string | undefined> {
    const secret = await this.credentials.reveal(this.dataSource, profile.id);
    if (secret === undefined || profile.auth_type === 'token') return secret;
    return signExample(profile, secret);
  }

  private async present(profile: ProfileEntity): Promise<Presented> {
    switch (profile.auth_type) {
      case 'token':
        return { authorization: `Bearer ${await this.bearer(profile)}` };
      case 'jwt':
        return this.presentJwt(profile);
      case 'oidc': {
        const { issuer, audience } = profile.auth as OidcAuth;
        const how_to = `Get an access token for audience ${audience} from ${issuer}.`;
        return { authorization: 'Bearer <access token>', how_to };
      }
      case 'mtls':
      case 'none':
        return { authorization: null };
    }
  }

  private async presentJwt(profile: ProfileEntity): Promise<Presented> {
    const secret = await this.credentials.reveal(this.dataSource, profile.id);
    const how_to = howToSign(profile.auth as JwtAuth, secret !== undefined);
    if (secret === undefined) return { authorization: 'Bearer <signed JWT>', how_to };
    const token = await signExample(profile, secret);
    return { authorization: `Bearer ${token}`, how_to, signing_secret: secret };
  }
}

async function signExample(profile: ProfileEntity, secret: string): Promise<string> {
  const { algorithms, issuer, audience, max_lifetime_seconds } = profile.auth as JwtAuth;
  const alg = algorithms.find((name) => name.startsWith('HS')) ?? 'HS256';
  const now = Math.floor(Date.now() / 1000);
  const lifetime = Math.min(EXAMPLE_LIFETIME_SECONDS, max_lifetime_seconds);
  const jwt = new SignJWT()
    .setProtectedHeader({ alg, typ: 'JWT' })
    .setSubject(profile.client_id)
    .setIssuedAt(now)
    .setExpirationTime(now + lifetime);
  if (issuer !== undefined) jwt.setIssuer(issuer);
  if (audience !== undefined) jwt.setAudience(audience);
  return jwt.sign(Buffer.from(secret, 'utf8'));
}

function howToSign(auth: JwtAuth, hasSecret: boolean): string {
  const claims = [
    ...(auth.issuer === undefined ? [] : [`iss "${auth.issuer}"`]),
    ...(auth.audience === undefined ? [] : [`aud "${auth.audience}"`]),
    'iat',
    `exp at most ${auth.max_lifetime_seconds} s after iat`,
  ];
  const key = hasSecret
    ? 'the signing secret (its UTF-8 bytes), or the private key of a registered public key'
    : 'the private key of a registered public key';
  return `Sign a JWT (${auth.algorithms.join(', ')}) with ${key}; claims: ${claims.join(', ')}.`;
}
