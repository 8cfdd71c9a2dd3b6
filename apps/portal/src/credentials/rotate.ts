import { call } from '../api/http.ts';
import { authHeadersQuery } from '../api/queries.ts';
import { queryClient } from '../api/query-client.ts';

export interface Rotated {
  /** Until when the credential replaced keeps working. */
  readonly previous_valid_until: string | null;
}

const HOUR = 3600;

export const GRACE_PERIODS = [
  { value: String(HOUR), label: '1 hour' },
  { value: String(24 * HOUR), label: '1 day' },
  { value: String(7 * 24 * HOUR), label: '7 days' },
  { value: String(30 * 24 * HOUR), label: '30 days' },
  { value: '0', label: 'Not at all: end it now' },
] as const;

/** Makes a new secret; what is shown anywhere of the old one is read again. */
export async function rotate(profileId: string, graceSeconds: number): Promise<Rotated> {
  const rotated = await call<Rotated>(`/profiles/${encodeURIComponent(profileId)}/rotate`, {
    method: 'POST',
    body: { grace_period_seconds: graceSeconds },
  });
  await queryClient.invalidateQueries({ queryKey: authHeadersQuery(profileId).queryKey });
  return rotated;
}
