import type { AuthType, Method } from '@portico/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ClientEntity } from '../clients/client.entity.ts';
import { timestamp } from '../database/columns.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';
import type { ProfileAuth } from './profile-auth.ts';

/** One way a client calls: environment, credential kind, methods, addresses. */
@Entity('profiles')
@Check('profiles_auth_type', `auth_type in ('token', 'jwt', 'oidc', 'mtls', 'none')`)
@Index('profiles_page', ['client_id', 'created_at', 'id'])
@Index('profiles_policy', ['policy_id'])
export class ProfileEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'profiles_pkey' })
  id!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => ClientEntity, { name: 'profiles_client_fkey', onDelete: 'CASCADE' })
  client_id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  environment!: string;

  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @Column({ type: 'text' })
  auth_type!: AuthType;

  /** The public half of what proves the caller; secrets are rows of `profile_credentials`. */
  @Column({ type: 'jsonb' })
  auth!: ProfileAuth;

  /** Empty = every method. */
  @Column({ type: 'text', array: true })
  allowed_methods!: Method[];

  /** Addresses or CIDR blocks; empty = any. */
  @Column({ type: 'text', array: true })
  allowed_ips!: string[];

  /** Set = counted apart from the client, by this policy. */
  @Column({ type: 'text', nullable: true })
  @ForeignKey(() => PolicyEntity, { name: 'profiles_policy_fkey' })
  policy_id!: string | null;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
