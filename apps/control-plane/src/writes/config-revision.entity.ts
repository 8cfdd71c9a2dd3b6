import { Check, Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { bigintAsNumber, bigintKey, timestamp } from '../database/columns.ts';

/**
 * One row. Whoever holds its lock is the only writer, which is what keeps revisions gapless and the
 * audit chain linear.
 */
@Entity('config_revision')
@Check('config_revision_single', 'id = 1')
export class ConfigRevisionEntity {
  @PrimaryColumn({ type: 'smallint', primaryKeyConstraintName: 'config_revision_pkey' })
  id!: number;

  @Column(bigintAsNumber)
  revision!: number;

  /** Head of the audit chain, kept apart from it so that a cut-off tail is noticed. */
  @Column(bigintAsNumber)
  audit_sequence!: number;

  @Column({ type: 'text' })
  audit_head!: string;
}

/** Which compiled resources a revision touched: what lets a publish cost the change, not the estate. */
@Entity('config_changes')
@Index('config_changes_at', ['at'])
export class ConfigChangeEntity {
  @PrimaryColumn(bigintKey('config_changes_pkey'))
  revision!: number;

  /** `client.<id>`, `collection.<id>`, `policy.<id>`. */
  @PrimaryColumn({ type: 'text', primaryKeyConstraintName: 'config_changes_pkey' })
  key!: string;

  @Column(timestamp)
  at!: Date;
}
