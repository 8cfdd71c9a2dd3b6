import type { LossMarker } from '@portico/contracts';

export const JOURNAL_FORMAT = 1;

/** What a journal says, in order: read to its end it tells what a killed process still had to send. */
export type JournalEntry =
  | { readonly kind: 'journal'; readonly format: number; readonly node: string }
  /** Losses that were counted, and that no batch carried yet. */
  | { readonly kind: 'losses'; readonly losses: readonly LossMarker[] }
  /** What came within a millisecond. */
  | { readonly kind: 'news'; readonly added: AddedFields; readonly settled: readonly string[] }
  /** A batch was formed; its payload follows. No record up to `last` waits for another one. */
  | { readonly kind: 'batch'; readonly batchId: string; readonly last: number };

/** `sequence, timestamp_ms, client_id` of each record, flat: a third of the time that objects take. */
export type AddedFields = readonly (number | string | null)[];
