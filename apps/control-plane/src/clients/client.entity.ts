import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import { PolicyEntity } from '../policies/policy.entity.ts';

/** A partner: the first-class object that profiles, scope and portal access hang on. */
@Entity('clients')
@Index('clients_page', ['created_at', 'id'])
@Index('clients_policy', ['policy_id'])
export class ClientEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'clients_pkey' })
  id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  /** The partner's contact, not an authorized portal address. */
  @Column({ type: 'text', nullable: true })
  email!: string | null;

  @Column({ type: 'boolean', default: true })
  active!: boolean;

  @Column({ type: 'boolean', default: false })
  has_portal_access!: boolean;

  @Column({ type: 'text', nullable: true })
  @ForeignKey(() => PolicyEntity, { name: 'clients_policy_fkey' })
  policy_id!: string | null;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
