import { z } from 'zod';
import { BadCursorError } from '../log-store.ts';

/** The row after which the next page starts; pages are ordered by `(ts, id)`, newest first. */
export interface Position {
  readonly ms: number;
  /** A bigint, as text. */
  readonly id: string;
}

const schema = z.tuple([z.int(), z.string().regex(/^[0-9]{1,19}$/)]);

export const toCursor = ({ ms, id }: Position): string =>
  Buffer.from(JSON.stringify([ms, id])).toString('base64url');

export function fromCursor(cursor: string): Position {
  try {
    const [ms, id] = schema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { ms, id };
  } catch (cause) {
    throw new BadCursorError('the cursor is not one of ours', { cause });
  }
}
