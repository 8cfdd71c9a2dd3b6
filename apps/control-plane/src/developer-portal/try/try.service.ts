import { Inject, Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { identityHeaders, type HeaderLine } from '../../auth-headers/auth-headers.ts';
import { toCurl } from '../../auth-headers/curl.ts';
import { hmacAlgorithmOf, signJwt } from '../../auth-headers/sign-jwt.ts';
import { invalid } from '../../http/api-error.ts';
import { RevealedHeaders } from '../../profiles/auth-headers.ts';
import type { JwtAuth } from '../../profiles/profile-auth.ts';
import type { ProfileEntity } from '../../profiles/profile.entity.ts';
import { PortalCatalogue, type VisibleEndpoint } from '../catalogue/portal-catalogue.service.ts';
import { PORTAL_SETTINGS, type PortalSettings } from '../portal-settings.ts';
import { PortalProfiles } from '../profiles/portal-profiles.service.ts';
import type { PortalSession } from '../session/portal-sessions.service.ts';
import { GatewayCaller, type GatewayAnswer, type GatewayCall } from './gateway-caller.ts';
import { planCall } from './plan-call.ts';
import { portalSourceHeader } from './portal-source.ts';
import type { TryDto } from './try.dto.ts';

export type TryOutcome =
  | { readonly kind: 'answered'; readonly answer: GatewayAnswer }
  /** The credential is a private key that we do not hold: the visitor makes the call. */
  | { readonly kind: 'unavailable'; readonly curl: string };

/** Makes the call a visitor asks for through the real gateway, as the profile they chose. */
@Injectable()
export class TryService implements OnApplicationShutdown {
  private readonly gateway: GatewayCaller;
  private readonly portalSourceKey: Uint8Array;
  private readonly gatewayTlsUrl: string;

  constructor(
    private readonly profiles: PortalProfiles,
    private readonly catalogue: PortalCatalogue,
    private readonly revealed: RevealedHeaders,
    @Inject(PORTAL_SETTINGS) settings: PortalSettings,
  ) {
    this.gateway = new GatewayCaller(settings.tryOrigin);
    this.portalSourceKey = settings.portalSourceKey;
    this.gatewayTlsUrl = settings.gatewayTlsUrl;
  }

  onApplicationShutdown(): Promise<void> {
    return this.gateway.close();
  }

  async run(input: TryDto, session: PortalSession, ip: string): Promise<TryOutcome> {
    const { client, email } = session;
    const profile = await this.profiles.one(client.id, input.profile_id);
    const endpoint = await this.catalogue.endpoint(client.id, input.endpoint_id);
    if (profile.auth_type === 'mtls') return this.leaveToVisitor(input, profile, endpoint);
    const call = await this.plan(input, profile, endpoint);
    const source = portalSourceHeader(
      { email, clientId: client.id },
      this.portalSourceKey,
      Date.now(),
    );
    // Believed where the gateway counts us among its trusted proxies: the log then has the visitor.
    const address = { name: 'X-Forwarded-For', value: ip };
    const headers = [...call.headers, address, source];
    const answer = await this.gateway.send({ ...call, headers });
    return { kind: 'answered', answer };
  }

  private leaveToVisitor(
    input: TryDto,
    profile: ProfileEntity,
    endpoint: VisibleEndpoint,
  ): TryOutcome {
    const caller = { own: identityHeaders(profile), mayBringCredential: false };
    const { method, target, headers, body } = planCall(input, endpoint, caller);
    const shown = headers.filter(({ name }) => !UNSHOWN.has(name));
    const url = `${this.gatewayTlsUrl}${target}`;
    const curl = toCurl({ method, url, headers: shown, body, withCertificate: true });
    return { kind: 'unavailable', curl };
  }

  private async plan(
    input: TryDto,
    profile: ProfileEntity,
    endpoint: VisibleEndpoint,
  ): Promise<GatewayCall> {
    const credential = await this.credentialOf(profile);
    const own = [...identityHeaders(profile), ...(credential ?? [])];
    const mayBringCredential = credential === null;
    const call = planCall(input, endpoint, { own, mayBringCredential });
    const isAuthorized = call.headers.some(({ name }) => name.toLowerCase() === 'authorization');
    if (mayBringCredential && !isAuthorized) {
      const message = 'is required: paste `Bearer ` and a token of your own';
      throw invalid({ path: 'body.headers.Authorization', message });
    }
    return call;
  }

  /** Null = only the partner can make it. */
  private async credentialOf(profile: ProfileEntity): Promise<readonly HeaderLine[] | null> {
    if (profile.auth_type === 'oidc') return null;
    if (profile.auth_type !== 'token' && profile.auth_type !== 'jwt') return [];
    const secret = await this.revealed.secretOf(profile);
    if (profile.auth_type === 'token') return [bearer(secret ?? '')];
    const auth = profile.auth as JwtAuth;
    if (secret === null || hmacAlgorithmOf(auth) === undefined) return null;
    const claims = { clientId: profile.client_id, secret, nowMs: Date.now() };
    return [bearer((await signJwt(auth, claims)).jwt)];
  }
}

const bearer = (token: string): HeaderLine => ({ name: 'Authorization', value: `Bearer ${token}` });

/** Ours for the wire, noise in a command. */
const UNSHOWN = new Set(['Accept', 'Accept-Encoding', 'User-Agent']);
