import type { TLSSocket } from 'node:tls';
import type { Admission } from '@portico/enforcement';
import type { Exchange } from '../handle/exchange.ts';
import { upstreamQuery } from './injection.ts';
import type { Injection } from './injection.ts';
import { appendForwarding, callersHeaders } from './request-headers.ts';
import { traceparentOf } from './trace-context.ts';

export interface UpstreamHead {
  readonly method: string;
  /** Below the target's own base path. */
  readonly pathAndQuery: string;
  /** Flat; `content-length` only where the body streams through unchanged. */
  readonly headers: string[];
}

/** The head of the request as the upstream gets it. Ours come last and replace the caller's. */
export function upstreamHead(
  exchange: Exchange,
  admission: Admission,
  injection: Injection,
): UpstreamHead {
  const { request } = exchange;
  const headers = withoutInjected(callersHeaders(request.headers), injection.names);
  appendForwarding(headers, {
    headers: request.headers,
    address: exchange.address,
    isTls: (request.socket as Partial<TLSSocket>).encrypted === true,
    httpVersion: request.httpVersion,
  });
  const { traceContext } = exchange;
  headers.push('x-request-id', exchange.requestId, 'traceparent', traceparentOf(traceContext));
  if (traceContext.state !== undefined) headers.push('tracestate', traceContext.state);
  headers.push(
    'x-portico-client',
    admission.client.id,
    'x-portico-profile',
    admission.profile.id,
    'x-portico-environment',
    admission.profile.environment,
    ...injection.headers,
  );
  const query = upstreamQuery(admission.upstreamQuery, injection);
  return {
    method: request.method ?? 'GET',
    pathAndQuery: query === '' ? admission.upstreamPath : `${admission.upstreamPath}?${query}`,
    headers,
  };
}

function withoutInjected(flat: string[], injected: ReadonlySet<string>): string[] {
  if (injected.size === 0) return flat;
  const kept: string[] = [];
  for (let at = 0; at + 1 < flat.length; at += 2) {
    const name = flat[at] as string;
    if (!injected.has(name)) kept.push(name, flat[at + 1] as string);
  }
  return kept;
}
