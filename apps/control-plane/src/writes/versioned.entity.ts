import { Column } from 'typeorm';
import { timestamp } from '../database/columns.ts';
import type { Versioned } from './versions.ts';

/** What the row of every resource holds besides its id, whose key is named after its own table. */
export abstract class VersionedEntity implements Versioned {
  @Column(timestamp)
  created_at!: Date;

  @Column(timestamp)
  updated_at!: Date;

  @Column({ type: 'integer', default: 1 })
  version!: number;
}
