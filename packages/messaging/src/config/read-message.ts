import {
  CONFIG_FORMAT,
  configMessageSchema,
  configMetaSchema,
  type ConfigMessage,
  type ConfigMeta,
} from '@portico/contracts';
import type { ConfigFault } from '../ports.ts';

export const META_KEY = 'meta';

type Read<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly fault: ConfigFault };

/** A bucket value as text → message. `key` is where it lay, which must be what the message says. */
export function readConfigMessage(key: string, text: string): Read<ConfigMessage> {
  const json = parseJson(text);
  if (json === undefined) return unreadable(key, 'not JSON');
  // Before the strict schema: another format may well have other fields.
  const format = (json as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format !== CONFIG_FORMAT) {
    return { ok: false, fault: { kind: 'unknown_format', format } };
  }
  const parsed = configMessageSchema.safeParse(json);
  if (!parsed.success) return unreadable(key, reasonOf(parsed.error.issues));
  // A message signed for one key must not pass for another one's.
  if (parsed.data.key !== key) return unreadable(key, `the message is for ${parsed.data.key}`);
  return { ok: true, value: parsed.data };
}

export function readMeta(message: ConfigMessage): Read<ConfigMeta> {
  const json = message.body === null ? undefined : parseJson(message.body);
  if (json === undefined) return unreadable(META_KEY, 'its body is not JSON');
  const parsed = configMetaSchema.safeParse(json);
  if (!parsed.success) return unreadable(META_KEY, reasonOf(parsed.error.issues));
  if (parsed.data.revision !== message.revision || !message.last) {
    return unreadable(META_KEY, 'its body and its envelope disagree');
  }
  return { ok: true, value: parsed.data };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

const unreadable = (key: string, reason: string): { ok: false; fault: ConfigFault } => ({
  ok: false,
  fault: { kind: 'unreadable', key, reason },
});

/** Names fields, never values: a message may hold what must not be logged. */
const reasonOf = (issues: readonly { path: PropertyKey[]; message: string }[]): string =>
  issues
    .slice(0, 3)
    .map(({ path, message }) => `${path.join('.')}: ${message}`)
    .join('; ');
