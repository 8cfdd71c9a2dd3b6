import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '../access/roles.ts';
import { timestamp } from '../database/columns.ts';

/** A key for the admin API. Shown once; only its digest is kept. */
@Entity('api_keys')
@Check('api_keys_role', `role in ('viewer', 'editor', 'auditor', 'admin')`)
@Index('api_keys_sha256', ['sha256'], { unique: true })
@Index('api_keys_page', ['created_at', 'id'])
export class ApiKeyEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'api_keys_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @Column({ type: 'text' })
  sha256!: string;

  /** The first characters, so that a person can tell keys apart. */
  @Column({ type: 'text' })
  hint!: string;

  @Column({ ...timestamp, nullable: true })
  expires_at!: Date | null;

  @Column({ ...timestamp, nullable: true })
  last_used_at!: Date | null;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
