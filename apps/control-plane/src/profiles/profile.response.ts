import { versionFields } from '../writes/versions.ts';
import { credentialState } from './credential-state.ts';
import type { ProfileCredentialEntity } from './profile-credential.entity.ts';
import type { ProfileFields, ProfileResponse } from './profile.dto.ts';
import type { ProfileEntity } from './profile.entity.ts';

export interface ProfileRecord {
  readonly profile: ProfileEntity;
  readonly credentials: readonly ProfileCredentialEntity[];
}

/** What an admin may write: the document that a patch is merged into. */
export const toProfileFields = ({ profile }: ProfileRecord): ProfileFields => ({
  name: profile.name,
  environment: profile.environment,
  active: profile.active,
  auth_type: profile.auth_type,
  auth: profile.auth as Record<string, unknown>,
  allowed_methods: profile.allowed_methods,
  allowed_ips: profile.allowed_ips,
  policy_id: profile.policy_id,
});

export const toProfileResponse = (record: ProfileRecord): ProfileResponse => ({
  id: record.profile.id,
  client_id: record.profile.client_id,
  ...toProfileFields(record),
  credential: credentialState(record.profile, record.credentials),
  ...versionFields(record.profile),
});
