import { Readable } from 'node:stream';
import { csvLine } from '../http/csv.ts';
import type { AuditEntryResponse } from './audit.dto.ts';

const COLUMNS = [
  'sequence',
  'id',
  'timestamp',
  'actor_type',
  'actor_id',
  'actor_name',
  'ip',
  'request_id',
  'action',
  'resource_type',
  'resource_id',
  'revision',
  'before',
  'after',
  'previous_hash',
  'hash',
] as const;

export const EXPORT_TYPE = { ndjson: 'application/x-ndjson', csv: 'text/csv; charset=utf-8' };

/** One entry per line, as they are read. */
export const exportStream = (
  entries: AsyncIterable<AuditEntryResponse>,
  format: 'ndjson' | 'csv',
): Readable => Readable.from(format === 'csv' ? csvLines(entries) : jsonLines(entries));

async function* jsonLines(entries: AsyncIterable<AuditEntryResponse>): AsyncGenerator<string> {
  for await (const entry of entries) yield `${JSON.stringify(entry)}\n`;
}

async function* csvLines(entries: AsyncIterable<AuditEntryResponse>): AsyncGenerator<string> {
  yield csvLine(COLUMNS);
  for await (const { actor, before, after, ...entry } of entries) {
    const flat: Record<string, unknown> = {
      ...entry,
      actor_type: actor.type,
      actor_id: actor.id,
      actor_name: actor.name,
      before: before === null ? '' : JSON.stringify(before),
      after: after === null ? '' : JSON.stringify(after),
    };
    yield csvLine(COLUMNS.map((column) => String(flat[column] ?? '')));
  }
}
