import { ConfigError, compile } from '@portico/enforcement';
import { readClient } from '../clients/read-client.ts';
import { invalid } from '../http/api-error.ts';
import { toSnapshotClient } from '../publishing/compile-client.ts';
import type { WriteTx } from '../writes/writes.ts';
import { ProfileCredentialEntity } from './profile-credential.entity.ts';
import type { ProfileEntity } from './profile.entity.ts';

/**
 * Asks the enforcement core itself whether this profile can be enforced: keys and certificates that
 * only it can judge. Throws 422 pointing into the body.
 */
export async function refuseUnenforceableClient(
  tx: WriteTx,
  profile: ProfileEntity,
): Promise<void> {
  const record = await readClient(tx, profile.client_id);
  const credentials = await tx.manager.findBy(ProfileCredentialEntity, { profile_id: profile.id });
  const source = toSnapshotClient({ record, profiles: [profile], credentials });
  // On its own: that policies exist was checked, and other profiles were when they were written.
  const client = {
    ...withoutPolicy(source),
    profiles: source.profiles.map(withoutPolicy),
  };
  const snapshot = {
    revision: 0,
    policies: [],
    collections: [],
    clients: [client],
  };
  try {
    // The secrets are ours, just made: that they can be opened needs no proof.
    compile(snapshot as never, { unseal: () => 'x'.repeat(64) });
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw invalid(...error.problems.map(({ path, message }) => ({ path: inBody(path), message })));
  }
}

/** `profiles.0.auth.public_keys.1` or `profiles.pr_x.auth…` → `body.auth.public_keys.1`. */
const inBody = (path: string): string =>
  `body.${path.replace(/^profiles\.[^.]+\.?/, '') || 'auth'}`;

function withoutPolicy<T extends { policy_id?: string | undefined }>(
  from: T,
): Omit<T, 'policy_id'> {
  const copy = { ...from };
  delete copy.policy_id;
  return copy;
}
