import type { LogPage, LogSearchQuery, RequestLogEntry } from '@portico/contracts';
import type { Pool, PoolClient } from 'pg';
import type { LogFilter } from '../log-store.ts';
import { fromCursor, toCursor, type Position } from './cursor.ts';
import { conditionsFor, type Conditions } from './filter-sql.ts';
import { ENTRY_COLUMNS, toEntry, type EntryRow } from './record-rows.ts';
import { ID_TIME_TOLERANCE_MS, timeOf } from './request-time.ts';
import { withClient } from './transaction.ts';

const SCAN_PAGE_ROWS = 1_000;

type Row = EntryRow & { readonly id: string };

export async function search(pool: Pool, query: LogSearchQuery): Promise<LogPage> {
  const { limit, cursor, ...filter } = query;
  const after = cursor === undefined ? undefined : fromCursor(cursor);
  const rows = await withClient(pool, (client) =>
    findRows(client, { filter, after, limit: limit + 1 }),
  );
  const page = rows.slice(0, limit);
  return {
    data: page.map(toEntry),
    next_cursor: rows.length > limit ? toCursor(positionOf(page.at(-1)!)) : null,
  };
}

/** A connection is held per page, not for the whole scan: a slow reader must not keep one busy. */
export async function* scan(
  pool: Pool,
  filter: LogFilter,
): AsyncIterable<readonly RequestLogEntry[]> {
  let after: Position | undefined;
  for (;;) {
    const from = after;
    const rows = await withClient(pool, (client) =>
      findRows(client, { filter, after: from, limit: SCAN_PAGE_ROWS }),
    );
    if (rows.length > 0) yield rows.map(toEntry);
    if (rows.length < SCAN_PAGE_ROWS) return;
    after = positionOf(rows.at(-1)!);
  }
}

interface Lookup {
  readonly filter: LogFilter;
  readonly after: Position | undefined;
  readonly limit: number;
}

/** `from` is included, `to` is not; absent = open on that side. */
interface TimeRange {
  readonly fromMs?: number;
  readonly toMs?: number;
}

function findRows(client: PoolClient, lookup: Lookup): Promise<readonly Row[]> {
  const range = rangeOf(lookup);
  const { request_id: requestId } = lookup.filter;
  if (requestId !== undefined) return findById(client, lookup, { requestId, range });
  // Both indexes, by client and by time, are in the order of the page.
  return select(client, lookup, { range });
}

/** Our own ids say when they were made; those of callers have an index of their own. */
async function findById(
  client: PoolClient,
  lookup: Lookup,
  { requestId, range }: { requestId: string; range: TimeRange },
): Promise<readonly Row[]> {
  const ms = timeOf(requestId);
  if (ms !== undefined) {
    const around = {
      fromMs: Math.max(ms - ID_TIME_TOLERANCE_MS, range.fromMs ?? -Infinity),
      toMs: Math.min(ms + ID_TIME_TOLERANCE_MS + 1, range.toMs ?? Infinity),
    };
    const rows = await select(client, lookup, { range: around });
    if (rows.length > 0) return rows;
  }
  return select(client, lookup, { range, isForeignId: true });
}

interface Part {
  readonly range: TimeRange;
  /** Looks among the ids that callers chose. */
  readonly isForeignId?: boolean;
}

async function select(client: PoolClient, lookup: Lookup, part: Part): Promise<readonly Row[]> {
  const conditions = conditionsFor(lookup.filter);
  addRange(conditions, part.range);
  if (lookup.after) addPosition(conditions, lookup.after);
  const found = part.isForeignId
    ? // OFFSET 0: few rows found by their own index, then put in order, and not the other way round.
      `(SELECT * FROM logs.records WHERE ${conditions.where()} AND NOT is_timed OFFSET 0) AS found`
    : `logs.records WHERE ${conditions.where()}`;
  const { rows } = await client.query<Row>(
    `SELECT id, ${ENTRY_COLUMNS} FROM ${found}
     ORDER BY ts DESC, id DESC LIMIT ${lookup.limit}`,
    conditions.values,
  );
  return rows;
}

/** A page that follows another starts where that one ended. */
function rangeOf({ filter, after }: Lookup): TimeRange {
  const toMs = filter.to === undefined ? undefined : Date.parse(filter.to);
  const afterMs = after === undefined ? undefined : after.ms + 1;
  const ends = [toMs, afterMs].filter((ms) => ms !== undefined);
  return {
    ...(filter.from === undefined ? {} : { fromMs: Date.parse(filter.from) }),
    ...(ends.length === 0 ? {} : { toMs: Math.min(...ends) }),
  };
}

function addRange(conditions: Conditions, { fromMs, toMs }: TimeRange): void {
  if (fromMs !== undefined) conditions.add('ts >= $', new Date(fromMs));
  if (toMs !== undefined) conditions.add('ts < $', new Date(toMs));
}

/** Strictly after it in the order of the page; the range has already cut off what is newer. */
function addPosition(conditions: Conditions, { ms, id }: Position): void {
  conditions.add('(ts, id) < ($, $)', new Date(ms), id);
}

const positionOf = ({ ts, id }: Row): Position => ({ ms: ts.getTime(), id });
