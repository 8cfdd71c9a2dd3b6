import { Check, Column, Entity, ForeignKey, Index, PrimaryColumn } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import { ProfileEntity } from './profile.entity.ts';

/** A secret we made for a profile: its token, or its HMAC secret. Several during a grace period. */
@Entity('profile_credentials')
@Check('profile_credentials_kind', `kind in ('token', 'hmac')`)
@Index('profile_credentials_profile', ['profile_id'])
@Index('profile_credentials_sha256', ['sha256'], { unique: true })
export class ProfileCredentialEntity {
  @PrimaryColumn({ type: 'uuid', primaryKeyConstraintName: 'profile_credentials_pkey' })
  id!: string;

  @Column({ type: 'text' })
  @ForeignKey(() => ProfileEntity, {
    name: 'profile_credentials_profile_fkey',
    onDelete: 'CASCADE',
  })
  profile_id!: string;

  @Column({ type: 'text' })
  kind!: 'token' | 'hmac';

  /** AES-256-GCM under the vault key; kept because the portal must show it again. */
  @Column({ type: 'text' })
  sealed!: string;

  /** Which vault key sealed it, so that keys can be rotated. */
  @Column({ type: 'text' })
  key_id!: string;

  /** SHA-256 of the whole secret, lower-case hex: all that gateways get of a token. */
  @Column({ type: 'text' })
  sha256!: string;

  @Column(timestamp)
  created_at!: Date;

  /** Set on a rotated credential: it works until then. Null = the current one. */
  @Column({ ...timestamp, nullable: true })
  valid_until!: Date | null;
}
