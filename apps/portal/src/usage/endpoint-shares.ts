import type { LogEntry } from '../api/types.ts';

export interface EndpointShare {
  readonly endpointId: string;
  readonly collectionId: string;
  readonly calls: number;
  /** Answered with 4xx or 5xx, by the gateway or by the API. */
  readonly errors: number;
  /** Half of the calls were at least this fast. Milliseconds. */
  readonly medianMs: number;
}

/** Busiest first; calls that reached no endpoint belong to none. */
export function endpointShares(calls: readonly LogEntry[]): readonly EndpointShare[] {
  const byEndpoint = Map.groupBy(
    calls.filter((call) => call.endpoint_id !== null && call.collection_id !== null),
    (call) => `${call.collection_id} ${call.endpoint_id}`,
  );
  return [...byEndpoint.values()]
    .map((own) => ({
      endpointId: own[0]?.endpoint_id ?? '',
      collectionId: own[0]?.collection_id ?? '',
      calls: own.length,
      errors: own.filter(({ status }) => status >= 400).length,
      medianMs: median(own.map(({ latency_ms: ms }) => ms)),
    }))
    .sort((a, b) => b.calls - a.calls);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
}
