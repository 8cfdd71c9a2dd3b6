import type { RequestLogEntry } from '@portico/contracts';

const COLUMNS = [
  ...(['timestamp', 'request_id', 'client_id', 'profile_id', 'collection_id'] as const),
  ...(['endpoint_id', 'environment', 'method', 'path', 'query', 'status', 'outcome'] as const),
  ...(['reason', 'latency_ms', 'upstream_latency_ms', 'client_ip', 'user_agent'] as const),
  ...(['request_bytes', 'response_bytes', 'source', 'portal_email', 'node'] as const),
  ...(['sequence', 'revision', 'trace_id'] as const),
] satisfies readonly (keyof RequestLogEntry)[];

/** RFC 4180. */
export const CSV_HEADER = `${COLUMNS.join(',')}\r\n`;

export const toCsv = (entry: RequestLogEntry): string =>
  `${COLUMNS.map((column) => cell(entry[column])).join(',')}\r\n`;

/** What a spreadsheet would run as a formula, a partner may have sent as a path or a user agent. */
const FORMULA_START = /^[=+\-@\t\r\n＝＋－＠]/;

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const harmless = FORMULA_START.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
