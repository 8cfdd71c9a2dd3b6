import { usageScope } from '@portico/contracts';
import type { SnapshotClient, SnapshotProfile } from '@portico/contracts';
import { compileIpAllowList } from '../authorize/ip-allow-list.ts';
import type { CompiledClient, CompiledProfile } from '../compiled.ts';
import { ConfigError } from '../config-error.ts';
import { allowedMethodSet } from '../route/methods.ts';
import { compileAuth } from './compile-auth.ts';
import type { Material } from './material.ts';

/** Throws `ConfigError` naming the client and the profile that cannot be enforced. */
export function compileClient(source: SnapshotClient, material: Material): CompiledClient {
  const profileById = new Map<string, CompiledProfile>();
  const scope = usageScope('client', source.id);
  for (const profile of source.profiles) {
    if (profileById.has(profile.id)) {
      const problem = { path: `profiles.${profile.id}`, message: 'is there twice' };
      throw new ConfigError(`client.${source.id}`, [problem]);
    }
    profileById.set(profile.id, compileProfile(profile, { client: source, scope }, material));
  }
  return {
    id: source.id,
    name: source.name,
    active: source.active,
    collectionIds: new Set<string>(source.collections),
    policyId: source.policy_id ?? null,
    profileById,
  };
}

function compileProfile(
  source: SnapshotProfile,
  { client, scope }: { readonly client: SnapshotClient; readonly scope: string },
  material: Material,
): CompiledProfile {
  const place = { resource: `client.${client.id}`, path: `profiles.${source.id}.auth` };
  return {
    id: source.id,
    clientId: client.id,
    name: source.name,
    environment: source.environment,
    active: source.active,
    auth: compileAuth(source.auth, place, material),
    methods: allowedMethodSet(source.allowed_methods),
    allowedIps: source.allowed_ips.length === 0 ? null : compileIpAllowList(source.allowed_ips),
    policyId: source.policy_id ?? null,
    usageScope: source.policy_id === undefined ? scope : usageScope('profile', source.id),
  };
}
