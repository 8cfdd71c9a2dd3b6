import { queryOptions } from '@tanstack/react-query';
import { api, contentAs, contentOf } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import type { CredentialState, Rotated } from '../api/types.ts';

const HOUR = 3600;

export const GRACE_PERIODS = [
  { value: String(HOUR), label: '1 hour' },
  { value: String(24 * HOUR), label: '1 day' },
  { value: String(7 * 24 * HOUR), label: '7 days' },
  { value: String(30 * 24 * HOUR), label: '30 days' },
  { value: '0', label: 'Not at all: end it now' },
] as const;

/** What may be known of a credential without showing it. */
export const credentialQuery = (profileId: string) =>
  queryOptions({
    queryKey: ['profiles', profileId, 'credential'],
    queryFn: ({ signal }) =>
      contentAs<CredentialState>(
        api.GET('/api/v1/developer-portal/profiles/{id}/credential', {
          params: { path: { id: profileId } },
          signal,
        }),
      ),
  });

/** Makes a new secret; what is shown anywhere of the old one is read again. */
export async function rotate(profileId: string, graceSeconds: number): Promise<Rotated> {
  const rotated = await contentOf(
    api.POST('/api/v1/developer-portal/profiles/{id}/rotate', {
      params: { path: { id: profileId } },
      body: { grace_period_seconds: graceSeconds },
    }),
  );
  await queryClient.invalidateQueries({ queryKey: ['profiles', profileId] });
  return rotated;
}
