import type { FailureDetail } from '@portico/contracts';

export type QueryText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly details: readonly FailureDetail[] };

const isScalar = (value: unknown): value is string | number | boolean =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';

/** Without `?`; a list is repeated, as array parameters are sent. */
export function toQueryText(query: Readonly<Record<string, unknown>>): QueryText {
  const pairs = new URLSearchParams();
  const details: FailureDetail[] = [];
  for (const [name, value] of Object.entries(query)) {
    const values = [value].flat();
    if (values.every(isScalar)) for (const one of values) pairs.append(name, String(one));
    else details.push({ path: `body.query.${name}`, message: 'must be text, or a list of texts' });
  }
  return details.length === 0 ? { ok: true, text: pairs.toString() } : { ok: false, details };
}
