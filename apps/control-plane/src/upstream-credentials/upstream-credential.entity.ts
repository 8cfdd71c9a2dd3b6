import type { SnapshotCredential } from '@portico/contracts';
import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';

export type UpstreamCredentialType = SnapshotCredential['type'];

/** How the gateway signs in at a partner-facing API's own backend. */
@Entity('upstream_credentials')
@Check(
  'upstream_credentials_type',
  `type in ('basic', 'api_key', 'bearer', 'oauth2_client_credentials', 'mtls')`,
)
@Index('upstream_credentials_page', ['created_at', 'id'])
export class UpstreamCredentialEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'upstream_credentials_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  type!: UpstreamCredentialType;

  /** What may be shown: user name, header name, token URL, certificate. */
  @Column({ type: 'jsonb' })
  settings!: Record<string, string>;

  /** Field → secret sealed under the vault key. Never leaves the control plane in this form. */
  @Column({ type: 'jsonb' })
  secrets!: Record<string, string>;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
