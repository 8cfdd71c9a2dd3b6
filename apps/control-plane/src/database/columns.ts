import type { ColumnOptions, ValueTransformer } from 'typeorm';

/** PostgreSQL answers `bigint` as text; ours stay far below 2^53. */
const numberFromText: ValueTransformer = {
  to: (value: number) => value,
  from: (value: string | null) => (value === null ? null : Number(value)),
};

export const bigintAsNumber: ColumnOptions = { type: 'bigint', transformer: numberFromText };

export const bigintKey = (primaryKeyConstraintName: string) => ({
  type: 'bigint' as const,
  transformer: numberFromText,
  primaryKeyConstraintName,
});

/** Milliseconds, because a JavaScript Date holds no more and keyset cursors must match exactly. */
export const timestamp: ColumnOptions = { type: 'timestamptz', precision: 3 };
