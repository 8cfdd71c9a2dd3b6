import { Brackets, type ObjectLiteral, type SelectQueryBuilder } from 'typeorm';
import { invalid } from '../http/api-error.ts';
import type { PageQuery } from './page.dto.ts';

interface Paged extends ObjectLiteral {
  readonly id: string;
  readonly created_at: Date;
}

export interface Page<T> {
  readonly rows: readonly T[];
  readonly next_cursor: string | null;
}

export interface PageAnswer<T> {
  readonly data: readonly T[];
  readonly next_cursor: string | null;
}

/** Oldest first, by keyset: rows created while somebody pages come at the end and none is skipped. */
export async function readPage<E extends Paged>(
  query: SelectQueryBuilder<E>,
  { limit, cursor }: PageQuery,
): Promise<Page<E>> {
  const { alias } = query;
  if (cursor !== undefined) {
    const { at, id } = decodeCursor(cursor);
    query.andWhere(`(${alias}.created_at, ${alias}.id) > (:at, :id)`, { at, id });
  }
  const rows = await query
    .orderBy(`${alias}.created_at`, 'ASC')
    .addOrderBy(`${alias}.id`, 'ASC')
    .take(limit + 1)
    .getMany();
  const last = rows.length > limit ? rows[limit - 1] : undefined;
  return {
    rows: rows.slice(0, limit),
    next_cursor: last === undefined ? null : encodeCursor(last),
  };
}

/** Rows in which any of the columns holds the text, whatever its case. */
export function whereAnyHolds<E extends ObjectLiteral>(
  query: SelectQueryBuilder<E>,
  columns: readonly string[],
  text: string | undefined,
): void {
  if (text === undefined || text === '') return;
  const like = { q: `%${text.replace(/[\\%_]/g, '\\$&')}%` };
  query.andWhere(
    new Brackets((any) => {
      for (const column of columns) any.orWhere(`${column} ilike :q`, like);
    }),
  );
}

export const toPageAnswer = <E, T>(page: Page<E>, toResponse: (row: E) => T): PageAnswer<T> => ({
  data: page.rows.map(toResponse),
  next_cursor: page.next_cursor,
});

const encodeCursor = ({ created_at, id }: Paged): string =>
  Buffer.from(JSON.stringify([created_at.toISOString(), id])).toString('base64url');

function decodeCursor(cursor: string): { at: Date; id: string } {
  try {
    const [at, id] = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')) as unknown[];
    const date = new Date(String(at));
    const isSane = typeof id === 'string' && !id.includes('\0') && !Number.isNaN(date.getTime());
    if (isSane) return { at: date, id };
  } catch {
    // Said below: what is wrong with a cursor helps nobody.
  }
  throw invalid({ path: 'query.cursor', message: 'is not a cursor of this list' });
}
