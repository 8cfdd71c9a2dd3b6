import type { SnapshotCollection, Upstream } from '@portico/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';

export type PublicationStatus = 'draft' | 'published';
export interface InjectedHeader {
  readonly name: string;
  readonly value: string;
}

/** A contracted bundle of endpoints: an API product. */
@Entity('collections')
@Check('collections_status', `status in ('draft', 'published')`)
@Check('collections_log_bodies', `log_bodies in ('none', 'errors', 'all')`)
@Index('collections_base_path', ['base_path'], { unique: true })
@Index('collections_page', ['created_at', 'id'])
@Index('collections_credential', ['credential_id'])
export class CollectionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'collections_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'text' })
  base_path!: string;

  /** Environment → where it goes. */
  @Column({ type: 'jsonb' })
  upstreams!: Record<string, Upstream>;

  @Column({ type: 'jsonb' })
  headers!: InjectedHeader[];

  @Column({ type: 'text', nullable: true })
  @ForeignKey(() => UpstreamCredentialEntity, { name: 'collections_credential_fkey' })
  credential_id!: string | null;

  @Column({ type: 'jsonb', nullable: true })
  cors!: NonNullable<SnapshotCollection['cors']> | null;

  @Column({ type: 'text', default: 'errors' })
  log_bodies!: SnapshotCollection['log_bodies'];

  @Column({ type: 'text', array: true })
  redact!: string[];

  @Column({ type: 'integer', default: 90 })
  retention_days!: number;

  @Column({ type: 'text', default: 'draft' })
  status!: PublicationStatus;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
