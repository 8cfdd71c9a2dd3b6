import type { FailureDetail } from '@portico/contracts';

const DEPTH_MAX = 64;

/** What PostgreSQL cannot keep: NUL and lone surrogates; and what is nested beyond sense. */
export function unstorableIn(value: unknown, path: string, depth = 0): FailureDetail[] {
  if (depth > DEPTH_MAX) return [{ path, message: `is nested deeper than ${DEPTH_MAX} levels` }];
  if (typeof value === 'string') {
    return isStorable(value) ? [] : [{ path, message: 'holds characters that cannot be stored' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, item]) =>
    isStorable(name)
      ? unstorableIn(item, `${path}.${name}`, depth + 1)
      : [{ path, message: 'has a field name that cannot be stored' }],
  );
}

const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
