import type { EndpointSummary } from '../api/types.ts';

/** Endpoints in which every word of the query occurs: method, path, name or description. */
export function searchEndpoints(
  endpoints: readonly EndpointSummary[],
  query: string,
): readonly EndpointSummary[] {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  return endpoints.filter((endpoint) => {
    const text = [...endpoint.methods, endpoint.full_path, endpoint.name, endpoint.description]
      .join('\n')
      .toLowerCase();
    return words.every((word) => text.includes(word));
  });
}
