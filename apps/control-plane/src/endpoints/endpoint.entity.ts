import type { AuthType, JsonSchema, Method, Parameter } from '@portico/contracts';
import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import {
  CollectionEntity,
  type InjectedHeader,
  type PublicationStatus,
} from '../collections/collection.entity.ts';
import { timestamp } from '../database/columns.ts';
import { UpstreamCredentialEntity } from '../upstream-credentials/upstream-credential.entity.ts';

/** One method or several on one path inside a collection. */
@Entity('endpoints')
@Check('endpoints_status', `status in ('draft', 'published')`)
@Index('endpoints_page', ['collection_id', 'created_at', 'id'])
@Index('endpoints_credential', ['credential_id'])
export class EndpointEntity {
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'endpoints_pkey' })
  id!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => CollectionEntity, { name: 'endpoints_collection_fkey', onDelete: 'CASCADE' })
  collection_id!: string;

  @Column({ type: 'text' })
  name!: string;

  @Column({ type: 'text', default: '' })
  description!: string;

  @Column({ type: 'text', array: true })
  methods!: Method[];

  @Column({ type: 'text' })
  path!: string;

  /** Where it goes below the upstream's URL; null = `path`. */
  @Column({ type: 'text', nullable: true })
  target_path!: string | null;

  /** `json`, not `jsonb`: these are read by people, in the order that their author chose. */
  @Column({ type: 'json' })
  parameters!: Parameter[];

  @Column({ type: 'json', nullable: true })
  request_schema!: JsonSchema | null;

  @Column({ type: 'json', nullable: true })
  response_schema!: JsonSchema | null;

  /** Example name (`request`, `response`, …) → any JSON value. */
  @Column({ type: 'json' })
  examples!: Record<string, unknown>;

  @Column({ type: 'text', array: true })
  allowed_auth_types!: AuthType[];

  @Column({ type: 'jsonb' })
  headers!: InjectedHeader[];

  @Column({ type: 'text', nullable: true })
  @ForeignKey(() => UpstreamCredentialEntity, { name: 'endpoints_credential_fkey' })
  credential_id!: string | null;

  @Column({ type: 'integer', nullable: true })
  timeout_ms!: number | null;

  @Column({ type: 'text', default: 'draft' })
  status!: PublicationStatus;

  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
