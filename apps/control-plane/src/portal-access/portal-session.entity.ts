import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { timestamp } from '../database/columns.ts';

/** A signed-in portal person, bound to the client record. Only the digest of its cookie is kept. */
@Entity('portal_sessions')
@Index('portal_sessions_client', ['client_id', 'email'])
@Index('portal_sessions_expires', ['expires_at'])
export class PortalSessionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'portal_sessions_pkey' })
  sha256!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => ClientEntity, { name: 'portal_sessions_client_fkey', onDelete: 'CASCADE' })
  client_id!: string;

  @Column({ type: 'text' })
  email!: string;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  expires_at!: Date;

  @Column({ ...timestamp, nullable: true })
  ended_at!: Date | null;

  @Column({ type: 'text', nullable: true })
  ip!: string | null;

  @Column({ type: 'text', nullable: true })
  user_agent!: string | null;
}
