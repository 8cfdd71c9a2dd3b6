import type { EndpointShare, Metrics } from '../api/types.ts';

export interface OtherCalls {
  readonly requests: number;
  readonly errors: number;
}

/**
 * Calls that no listed endpoint accounts for: refused before one was found, or made to one that has
 * left the contract since. Undefined when there are none.
 */
export function otherCalls({ totals, facets }: Metrics): OtherCalls | undefined {
  const listed = (of: (share: EndpointShare) => number): number =>
    facets.endpoints.reduce((sum, share) => sum + of(share), 0);
  const requests = totals.requests - listed((share) => share.requests);
  const errors = totals.errors - listed((share) => share.errors);
  return requests > 0 ? { requests, errors: Math.max(0, errors) } : undefined;
}
