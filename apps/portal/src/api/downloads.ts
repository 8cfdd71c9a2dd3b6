import type { paths } from '../generated/control-plane.ts';

type OpenApiQuery = NonNullable<
  paths['/api/v1/developer-portal/collections/{id}/openapi']['get']['parameters']['query']
>;

const collection = (id: string): string =>
  `/api/v1/developer-portal/collections/${encodeURIComponent(id)}`;

/** Where the browser downloads a collection's OpenAPI document from. */
export const openApiUrl = (id: string, { version, format }: Required<OpenApiQuery>): string =>
  `${collection(id)}/openapi?version=${version}&format=${format}`;

export const postmanUrl = (id: string, profileId: string | undefined): string =>
  `${collection(id)}/postman${profileId ? `?profile_id=${encodeURIComponent(profileId)}` : ''}`;
