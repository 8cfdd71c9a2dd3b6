import { Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { CollectionEntity } from '../collections/collection.entity.ts';
import { ClientEntity } from './client.entity.ts';

/** A collection inside a client's contract. */
@Entity('client_collections')
@Index('client_collections_collection', ['collection_id'])
export class ClientCollectionEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'client_collections_pkey' })
  @ForeignKey(() => ClientEntity, { name: 'client_collections_client_fkey', onDelete: 'CASCADE' })
  client_id!: string;

  // No cascade: removing a collection from contracts is a decision, made and audited per client.
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'client_collections_pkey' })
  @ForeignKey(() => CollectionEntity, { name: 'client_collections_collection_fkey' })
  collection_id!: string;

  /** Place in the list as the admin wrote it. */
  @Column({ type: 'integer' })
  position!: number;
}
