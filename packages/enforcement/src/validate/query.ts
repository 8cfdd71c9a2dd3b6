/** Name → values in order of appearance; null where an escape is malformed. */
export type ParsedQuery = ReadonlyMap<string, readonly string[]>;

/** Reads a query string as HTML forms write it: `&` separates, `+` is a space. */
export function parseQuery(query: string): ParsedQuery | null {
  const parsed = new Map<string, string[]>();
  for (const pair of query.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode(equals === -1 ? pair : pair.slice(0, equals));
    const value = decode(equals === -1 ? '' : pair.slice(equals + 1));
    if (name === null || value === null) return null;
    const values = parsed.get(name);
    if (values === undefined) parsed.set(name, [value]);
    else values.push(value);
  }
  return parsed;
}

function decode(text: string): string | null {
  if (!ESCAPED.test(text)) return text;
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return null;
  }
}

const ESCAPED = /[%+]/;

/** A query that cannot smuggle anything into a request line: visible ASCII, no fragment. */
export const isQueryWellFormed = (query: string): boolean => /^[!"$-~]*$/.test(query);
