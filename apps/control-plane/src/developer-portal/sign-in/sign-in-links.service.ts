import { Inject, Injectable } from '@nestjs/common';
import { DataSource, In, IsNull, LessThan, MoreThan, type EntityManager } from 'typeorm';
import { ClientEmailEntity } from '../../clients/client-email.entity.ts';
import { ClientEntity } from '../../clients/client.entity.ts';
import type { ControlPlaneConfig } from '../../config.ts';
import type { ComposedMail } from '../../mail/mail.ts';
import { MailService } from '../../mail/mail.service.ts';
import { PortalLinkTokenEntity } from '../../portal-access/portal-link-token.entity.ts';
import { CONFIG } from '../../tokens.ts';
import { PORTAL_SETTINGS, type PortalSettings } from '../portal-settings.ts';
import { mintSecret, secretDigest } from '../session/secret.ts';
import { LinkThrottle } from './link-throttle.ts';
import { signInMail } from './sign-in-mail.ts';

export const LINK_LIFETIME_MS = 30 * 60_000;
/** A request that waited longer in the queue is dropped: its asker has asked again, or given up. */
const REQUEST_LIFETIME_MS = 15 * 60_000;
/** Used and expired links are kept so long, for whoever looks into a complaint. */
const KEPT_AFTER_EXPIRY_MS = 7 * 24 * 3_600_000;
const REFILL_PER_EMAIL_MS = 30_000;
const REFILL_PER_IP_MS = 1_000;

/** What rests in the queue: no link, no token; they are made when the mail is written. */
interface SignInRequest {
  readonly email: string;
  readonly ip: string;
  readonly requested_at_ms: number;
}

export interface Person {
  readonly clientId: string;
  readonly email: string;
}

/** Mails sign-in links and takes them back, each once. */
@Injectable()
export class SignInLinks {
  private readonly post: (request: SignInRequest) => void;
  private readonly byEmail: LinkThrottle;
  private readonly byIp: LinkThrottle;

  constructor(
    private readonly dataSource: DataSource,
    @Inject(CONFIG) private readonly config: ControlPlaneConfig,
    @Inject(PORTAL_SETTINGS) private readonly settings: PortalSettings,
    mail: MailService,
  ) {
    const { perEmail, perIp } = settings.linksAtOnce;
    this.byEmail = new LinkThrottle({ burst: perEmail, refillMs: REFILL_PER_EMAIL_MS });
    this.byIp = new LinkThrottle({ burst: perIp, refillMs: REFILL_PER_IP_MS });
    this.post = mail.define<SignInRequest>('portal_sign_in', (request) => this.compose(request));
  }

  /**
   * Takes the same path for every address: whether it is registered is looked up only after the
   * answer, when the mail is written.
   */
  request(email: string, ip: string): void {
    const nowMs = Date.now();
    const isWithinLimits = this.byIp.take(ip, nowMs) && this.byEmail.take(email, nowMs);
    if (isWithinLimits) this.post({ email, ip, requested_at_ms: nowMs });
  }

  /** The one statement makes a link single-use: of two that come together, one finds it used. */
  async redeem(token: string, manager: EntityManager): Promise<Person | undefined> {
    const now = new Date();
    const { raw } = await manager
      .createQueryBuilder()
      .update(PortalLinkTokenEntity)
      .set({ used_at: now })
      .where({ sha256: secretDigest(token), used_at: IsNull(), expires_at: MoreThan(now) })
      .returning(['client_id', 'email'])
      .execute();
    const [row] = raw as { client_id: string; email: string }[];
    return row === undefined ? undefined : { clientId: row.client_id, email: row.email };
  }

  private async compose(request: SignInRequest): Promise<ComposedMail | null> {
    if (Date.now() - request.requested_at_ms > REQUEST_LIFETIME_MS) return null;
    const clients = await this.clientsOf(request.email);
    if (clients.length === 0) return null;
    const minted = clients.map((client) => ({ client, token: mintSecret() }));
    const links = this.dataSource.getRepository(PortalLinkTokenEntity);
    await links.insert(
      minted.map(({ client, token }) => newLink(secretDigest(token), client.id, request)),
    );
    await links.delete({ expires_at: LessThan(new Date(Date.now() - KEPT_AFTER_EXPIRY_MS)) });
    const mail = signInMail(
      request.email,
      minted.map(({ client, token }) => ({ clientName: client.name, url: this.urlOf(token) })),
      this.settings.branding.name,
    );
    const digests = minted.map(({ token }) => secretDigest(token));
    return { mail, undo: async () => void (await links.delete({ sha256: In(digests) })) };
  }

  private clientsOf(email: string): Promise<ClientEntity[]> {
    return this.dataSource
      .getRepository(ClientEntity)
      .createQueryBuilder('client')
      .innerJoin(ClientEmailEntity, 'email', 'email.client_id = client.id')
      .where('email.email = :email', { email })
      .andWhere('client.active and client.has_portal_access')
      .orderBy('client.name')
      .addOrderBy('client.id')
      .getMany();
  }

  private urlOf(token: string): string {
    return `${this.config.portalUrl}/link?token=${token}`;
  }
}

const newLink = (sha256: string, clientId: string, request: SignInRequest) => ({
  sha256,
  client_id: clientId,
  email: request.email,
  created_at: new Date(),
  expires_at: new Date(Date.now() + LINK_LIFETIME_MS),
  used_at: null,
  requested_ip: request.ip,
});
