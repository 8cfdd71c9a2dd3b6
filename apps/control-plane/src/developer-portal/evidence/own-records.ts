import type { RequestLogEntry } from '@portico/contracts';

/** What an operator sees of a record and a partner does not. */
export const WITHHELD = ['reason', 'node', 'sequence', 'revision'] as const;
type Withheld = (typeof WITHHELD)[number];

/**
 * A client's own record, without what names our machines. A call that was refused because the
 * contract does not cover the collection must not tell which collection that is.
 */
export function toOwnRecord<T extends RequestLogEntry>(record: T): Omit<T, Withheld> {
  const own = { ...record };
  for (const field of WITHHELD) delete own[field];
  if (record.outcome !== 'collection_not_allowed') return own;
  return { ...own, collection_id: null, endpoint_id: null };
}
