import type { SnapshotAuth, SnapshotClient, SnapshotProfile } from '@portico/contracts';
import type { CompiledAuth } from '../authenticate/compiled-auth.ts';
import { compileIpAllowList } from '../authorize/ip-allow-list.ts';
import type { CompiledClient, CompiledProfile } from '../compiled.ts';
import { ConfigError } from '../config-error.ts';
import { allowedMethodSet } from '../route/methods.ts';
import type { Material } from './material.ts';

/** Throws `ConfigError` naming the client and the profile that cannot be enforced. */
export function compileClient(source: SnapshotClient, material: Material): CompiledClient {
  const profileById = new Map<string, CompiledProfile>();
  for (const profile of source.profiles) {
    if (profileById.has(profile.id)) {
      const problem = { path: `profiles.${profile.id}`, message: 'is there twice' };
      throw new ConfigError(`client.${source.id}`, [problem]);
    }
    profileById.set(profile.id, compileProfile(profile, source, material));
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
  client: SnapshotClient,
  material: Material,
): CompiledProfile {
  return {
    id: source.id,
    clientId: client.id,
    name: source.name,
    environment: source.environment,
    active: source.active,
    auth: compileAuth(source.auth, `client.${client.id}`, material),
    methods: allowedMethodSet(source.allowed_methods),
    allowedIps: source.allowed_ips.length === 0 ? null : compileIpAllowList(source.allowed_ips),
    policyId: source.policy_id ?? null,
  };
}

function compileAuth(auth: SnapshotAuth, resource: string, _material: Material): CompiledAuth {
  switch (auth.type) {
    case 'token':
      return {
        type: 'token',
        tokens: auth.tokens.map(({ sha256, expires_at_ms }) => ({
          digest: Buffer.from(sha256, 'hex'),
          expiresAtMs: expires_at_ms ?? Infinity,
        })),
      };
    case 'none':
      return { type: 'none' };
    default:
      throw new ConfigError(resource, [{ path: 'auth.type', message: `${auth.type} is unknown` }]);
  }
}
