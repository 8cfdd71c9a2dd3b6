import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { ClientEntity } from './client.entity.ts';

/** An address that may sign in to a client's portal. Always lower case, so a lookup is exact. */
@Entity('client_emails')
@Check('client_emails_lower_case', 'email = lower(email)')
@Index('client_emails_email', ['email'])
export class ClientEmailEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'client_emails_pkey' })
  @ForeignKey(() => ClientEntity, { name: 'client_emails_client_fkey', onDelete: 'CASCADE' })
  client_id!: string;

  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'client_emails_pkey' })
  email!: string;

  /** Place in the list as the admin wrote it. */
  @Column({ type: 'integer' })
  position!: number;
}
