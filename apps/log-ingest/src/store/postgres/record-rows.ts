import type { RequestLogDetail, RequestLogEntry } from '@portico/contracts';

/** In the order in which an export shows them. */
export const ENTRY_COLUMNS = [
  ...['request_id', 'ts', 'client_id', 'profile_id', 'collection_id', 'endpoint_id'],
  ...['environment', 'method', 'path', 'query', 'status', 'outcome', 'reason', 'latency_ms'],
  ...['upstream_latency_ms', 'client_ip', 'user_agent', 'request_bytes', 'response_bytes'],
  ...['source', 'portal_email', 'node', 'sequence', 'revision', 'trace_id'],
].join(', ');

export const DETAIL_COLUMNS = `${ENTRY_COLUMNS}, request_headers, response_headers, request_body, response_body, truncated`;

/** As pg reads it: a bigint comes as text. */
type Wide = 'request_bytes' | 'response_bytes' | 'sequence' | 'revision';
export type EntryRow = Omit<RequestLogEntry, 'timestamp' | Wide> & { readonly ts: Date } & Readonly<
    Record<Wide, string>
  >;

export interface DetailRow extends EntryRow {
  readonly request_headers: string;
  readonly response_headers: string;
  readonly request_body: Buffer | null;
  readonly response_body: Buffer | null;
  readonly truncated: boolean;
}

export function toEntry(row: EntryRow): RequestLogEntry {
  return {
    request_id: row.request_id,
    timestamp: row.ts.toISOString(),
    client_id: row.client_id,
    profile_id: row.profile_id,
    collection_id: row.collection_id,
    endpoint_id: row.endpoint_id,
    environment: row.environment,
    method: row.method,
    path: row.path,
    query: row.query,
    status: row.status,
    outcome: row.outcome,
    reason: row.reason,
    latency_ms: row.latency_ms,
    upstream_latency_ms: row.upstream_latency_ms,
    client_ip: row.client_ip,
    user_agent: row.user_agent,
    request_bytes: Number(row.request_bytes),
    response_bytes: Number(row.response_bytes),
    source: row.source,
    portal_email: row.portal_email,
    node: row.node,
    sequence: Number(row.sequence),
    revision: Number(row.revision),
    trace_id: row.trace_id,
  };
}

type HeaderList = RequestLogDetail['request_headers'];

export function toDetail(row: DetailRow): RequestLogDetail {
  const request = readable(row.request_body);
  const response = readable(row.response_body);
  return {
    ...toEntry(row),
    request_headers: JSON.parse(row.request_headers) as HeaderList,
    response_headers: JSON.parse(row.response_headers) as HeaderList,
    request_body: request.text,
    request_body_encoding: request.encoding,
    response_body: response.text,
    response_body_encoding: response.encoding,
    truncated: row.truncated,
  };
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A captured body may be cut off in the middle of a character; then it is base64, and exact. */
function readable(body: Buffer | null): {
  readonly text: string | null;
  readonly encoding: 'utf8' | 'base64';
} {
  if (body === null) return { text: null, encoding: 'utf8' };
  try {
    return { text: strictUtf8.decode(body), encoding: 'utf8' };
  } catch {
    return { text: body.toString('base64'), encoding: 'base64' };
  }
}
