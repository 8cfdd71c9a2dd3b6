import { stdSerializers } from 'pino';

const REDACTED = '[redacted]';
const DEPTH_MAX = 8;
const ITEMS_MAX = 200;

const SECRET_NAME =
  /authorization|cookie|token|secret|passw|passphrase|api[-_]?key|private[-_]?key|(?:encryption|gateway|master|signing|sealing|source)[-_]?key|credentials?$|assertion/i;

/** Credentials that reveal themselves by their shape, wherever they stand in a line. */
const SECRET_SHAPES: readonly (readonly [RegExp, string])[] = [
  [/portico_[a-z]+_[0-9A-Za-z]{8,}/g, REDACTED],
  [/whsec_[A-Za-z0-9+/]{8,}=*/g, REDACTED],
  [/\b(Bearer|Basic)(\s+)[A-Za-z0-9._~+/=-]{6,}/gi, `$1$2${REDACTED}`],
  [/\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*/g, REDACTED],
  [/(:\/\/[^\s:@/"]*):[^\s@/"]+@/g, `$1:${REDACTED}@`],
];

export const isSecretName = (name: string): boolean => SECRET_NAME.test(name);

/** A copy that is safe to log: secrets replaced by key at every depth, errors unfolded, size bounded. */
export function redactFields(fields: Record<string, unknown>): Record<string, unknown> {
  return redactObject(fields, { depth: 0, above: new Set() });
}

/** Takes credentials out of finished text: messages, stack traces, URLs. */
export function redactText(text: string): string {
  return SECRET_SHAPES.reduce((result, [shape, put]) => result.replace(shape, put), text);
}

interface Position {
  readonly depth: number;
  /** The objects we are inside of: one that turns up again is a cycle. */
  readonly above: ReadonlySet<object>;
}

function redactValue(value: unknown, at: Position): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (typeof value !== 'object' || value === null || value instanceof Date) return value;
  if (value instanceof Uint8Array) return `[${value.byteLength} bytes]`;
  if (at.above.has(value)) return '[circular]';
  if (at.depth >= DEPTH_MAX) return '[too deep]';
  const inside = { depth: at.depth + 1, above: new Set([...at.above, value]) };
  if (Array.isArray(value)) return redactArray(value, inside);
  if (value instanceof Map) return redactArray([...value], inside);
  if (value instanceof Set) return redactArray([...value], inside);
  if (value instanceof Error) return redactError(value, inside);
  return redactObject(value as Record<string, unknown>, inside);
}

function redactObject(fields: Record<string, unknown>, at: Position): Record<string, unknown> {
  const safe: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields)) {
    safe[name] = isSecretName(name) ? withheld(value) : redactValue(value, at);
  }
  return safe;
}

function redactArray(items: readonly unknown[], at: Position): unknown[] {
  const [name, value] = items;
  // A header list is made of [name, value] pairs: the name is what tells.
  if (items.length === 2 && typeof name === 'string' && isSecretName(name)) {
    return [name, withheld(value)];
  }
  return items.slice(0, ITEMS_MAX).map((item) => redactValue(item, at));
}

/** pino's serializer joins messages and stacks along `cause`; own fields such as `code` are kept. */
function redactError(error: Error, at: Position): Record<string, unknown> {
  return redactObject({ ...stdSerializers.err(error) }, at);
}

/** That a secret is absent is no secret, and often what the reader of the log needs. */
const withheld = (value: unknown): unknown =>
  value === undefined || value === null || typeof value === 'boolean' ? value : REDACTED;
