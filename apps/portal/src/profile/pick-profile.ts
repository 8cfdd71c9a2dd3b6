import type { Profile } from '../api/types.ts';

/** The remembered one if it still exists, else a sandbox: a first call should not be production. */
export function pickProfile(
  profiles: readonly Profile[],
  chosenId: string | null,
): Profile | undefined {
  return (
    profiles.find(({ id }) => id === chosenId) ??
    profiles.find(({ environment }) => environment === 'sandbox') ??
    profiles[0]
  );
}
