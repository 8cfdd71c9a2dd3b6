import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { timestamp } from '../database/columns.ts';

/** A mailed sign-in link: single use, 30 minutes. Only the digest of its token is kept. */
@Entity('portal_link_tokens')
@Index('portal_link_tokens_client', ['client_id'])
@Index('portal_link_tokens_expires', ['expires_at'])
export class PortalLinkTokenEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'portal_link_tokens_pkey' })
  sha256!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => ClientEntity, { name: 'portal_link_tokens_client_fkey', onDelete: 'CASCADE' })
  client_id!: string;

  @Column({ type: 'text' })
  email!: string;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  expires_at!: Date;

  @Column({ ...timestamp, nullable: true })
  used_at!: Date | null;

  /** Who asked for it. */
  @Column({ type: 'text', nullable: true })
  requested_ip!: string | null;
}
