import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import type { Role } from '../access/roles.ts';
import { timestamp } from '../database/columns.ts';

/** A person who may sign in to the console. */
@Entity('admin_users')
@Check('admin_users_role', `role in ('viewer', 'editor', 'auditor', 'admin')`)
@Check('admin_users_email_lower_case', 'email = lower(email)')
@Index('admin_users_email', ['email'], { unique: true })
@Index('admin_users_page', ['created_at', 'id'])
export class AdminUserEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'admin_users_pkey' })
  id!: string;

  @Column({ type: 'text' })
  email!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text' })
  role!: Role;

  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
