import type { RequestRecord } from '@portico/contracts';
import type { CompiledCollection } from '@portico/enforcement';
import { headerOf } from '../handle/exchange.ts';
import type { Exchange } from '../handle/exchange.ts';
import type { Capture } from './capture.ts';
import { redactBody, redactFlatHeaders, redactHeaderMap, redactQuery } from './redact.ts';
import { compileRedaction } from './redaction-rules.ts';
import type { RedactionRules } from './redaction-rules.ts';

/** Kept for a call that reached no collection, so that a refused one can still be looked up. */
const RETENTION_DAYS_DEFAULT = 90;
const NO_COLLECTION: RedactionRules = compileRedaction([], []);
const rulesByCollection = new WeakMap<CompiledCollection, RedactionRules>();

/** Everything the record says, but its place in this node's sequence. Nothing secret is in it. */
export function buildRecord(exchange: Exchange, node: string): RequestRecord {
  const { request, trace, target } = exchange;
  const rules = rulesOf(trace.collection);
  const withBodies = keepsBodies(trace.collection, exchange.status);
  return {
    request_id: exchange.requestId,
    timestamp_ms: exchange.startedAtMs,
    client_id: trace.client?.id ?? null,
    profile_id: trace.profile?.id ?? null,
    collection_id: trace.collection?.id ?? null,
    endpoint_id: trace.endpoint?.id ?? null,
    environment: trace.profile?.environment ?? null,
    method: request.method ?? '',
    path: target.path,
    query: redactQuery(target.query, rules),
    status: exchange.status,
    outcome: exchange.outcome,
    reason: exchange.reason,
    latency_ms: rounded(exchange.elapsedMs()),
    upstream_latency_ms:
      exchange.upstreamLatencyMs === null ? null : rounded(exchange.upstreamLatencyMs),
    client_ip: exchange.address.ip,
    user_agent: headerOf(request, 'user-agent') ?? null,
    request_bytes: exchange.requestBytes,
    response_bytes: exchange.responseBytes,
    request_headers: redactHeaderMap(request.headers, rules),
    response_headers: redactFlatHeaders(exchange.responseHeaders, rules),
    request_body: withBodies ? requestBody(exchange, rules) : null,
    response_body: withBodies ? responseBody(exchange, rules) : null,
    truncated: withBodies && (isCut(exchange.requestCapture) || isCut(exchange.responseCapture)),
    source: exchange.portalEmail === null ? 'gateway' : 'portal',
    portal_email: exchange.portalEmail,
    node,
    sequence: 0,
    revision: exchange.revision,
    trace_id: exchange.traceContext.traceId,
    retention_days: trace.collection?.retentionDays ?? RETENTION_DAYS_DEFAULT,
  };
}

function rulesOf(collection: CompiledCollection | null): RedactionRules {
  if (collection === null) return NO_COLLECTION;
  let rules = rulesByCollection.get(collection);
  if (rules === undefined) {
    const credentials = [collection.credential, ...collection.endpoints.map((it) => it.credential)];
    const names = credentials.flatMap((it) => (it?.type === 'api_key' ? [it.name] : []));
    rules = compileRedaction(collection.redact, names);
    rulesByCollection.set(collection, rules);
  }
  return rules;
}

const keepsBodies = (collection: CompiledCollection | null, status: number): boolean =>
  collection !== null &&
  (collection.logBodies === 'all' || (collection.logBodies === 'errors' && status >= 400));

const isCut = (capture: Capture | null): boolean => capture?.isTruncated ?? false;
const rounded = (ms: number): number => Math.round(ms * 1_000) / 1_000;

function requestBody(exchange: Exchange, rules: RedactionRules): Buffer<ArrayBuffer> | null {
  if (exchange.requestCapture === null) return null;
  const { headers } = exchange.request;
  return redactBody(
    exchange.requestCapture.bytes(),
    headers['content-type'],
    headers['content-encoding'],
    rules,
  );
}

function responseBody(exchange: Exchange, rules: RedactionRules): Buffer<ArrayBuffer> | null {
  if (exchange.responseCapture === null) return null;
  const flat = exchange.responseHeaders;
  return redactBody(
    exchange.responseCapture.bytes(),
    valueIn(flat, 'content-type'),
    valueIn(flat, 'content-encoding'),
    rules,
  );
}

function valueIn(flat: readonly string[], name: string): string | undefined {
  for (let at = 0; at + 1 < flat.length; at += 2) {
    if ((flat[at] as string).toLowerCase() === name) return flat[at + 1];
  }
  return undefined;
}
