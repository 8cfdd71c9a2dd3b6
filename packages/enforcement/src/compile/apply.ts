import type { CompiledClient, CompiledCollection, ConfigIndex } from '../compiled.ts';
import { findDuplicateBasePaths } from '../check/check-collection.ts';
import { ConfigError } from '../config-error.ts';
import { buildBases } from '../route/base-paths.ts';
import { compileClient } from './compile-client.ts';
import { compileCollection } from './compile-collection.ts';
import type { Material } from './material.ts';
import type { ResourceChange } from './resource.ts';

interface Revision {
  readonly revision: number;
  readonly resources: readonly ResourceChange[];
}

/** Builds the new state completely, checks what spans resources, and only then returns it. */
export function applyResources(
  index: ConfigIndex,
  { revision, resources }: Revision,
  material: Material,
): ConfigIndex {
  const clients = compileClients(resources, material);
  const collectionById = withCollections(index, resources, material);
  const next: ConfigIndex = {
    revision,
    ...withClients(index, clients),
    policyById: index.policyById.with(
      resources.flatMap(({ kind, id, value }) =>
        kind === 'policy' ? [[id, value ?? undefined] as const] : [],
      ),
    ),
    collectionById,
    bases: collectionById === index.collectionById ? index.bases : basesOf(collectionById),
  };
  refuseMissingPolicies(next, resources, clients);
  return next;
}

type ClientChanges = ReadonlyMap<string, CompiledClient | undefined>;

function compileClients(resources: readonly ResourceChange[], material: Material): ClientChanges {
  const clients = new Map<string, CompiledClient | undefined>();
  for (const { kind, id, value } of resources) {
    if (kind !== 'client') continue;
    clients.set(id, value === null ? undefined : compileClient(value, material));
  }
  return clients;
}

function withCollections(
  index: ConfigIndex,
  resources: readonly ResourceChange[],
  material: Material,
): ReadonlyMap<string, CompiledCollection> {
  const changes = resources.filter((resource) => resource.kind === 'collection');
  if (changes.length === 0) return index.collectionById;
  const collectionById = new Map(index.collectionById);
  for (const { id, value } of changes) {
    if (value === null) collectionById.delete(id);
    else collectionById.set(id, compileCollection(value, material, index.collectionById.get(id)));
  }
  return collectionById;
}

function basesOf(collectionById: ReadonlyMap<string, CompiledCollection>): ConfigIndex['bases'] {
  const collections = [...collectionById.values()];
  const [duplicate] = findDuplicateBasePaths(
    collections.map(({ id, basePath }) => ({ id, base_path: basePath })),
  );
  if (duplicate !== undefined) {
    const id = collections[Number(duplicate.path.split('.')[1])]?.id ?? '';
    throw new ConfigError(`collection.${id}`, [{ ...duplicate, path: 'base_path' }]);
  }
  return buildBases(collections);
}

/** Moves clients, who owns which profile, and who uses which policy forward together. */
function withClients(
  index: ConfigIndex,
  clients: ClientChanges,
): Pick<ConfigIndex, 'clientById' | 'clientIdByProfileId' | 'policyUses'> {
  const owners = new Map<string, string | undefined>();
  const uses = new Map<string, number>();
  const count = (policyId: string, by: number): unknown =>
    uses.set(policyId, (uses.get(policyId) ?? index.policyUses.get(policyId) ?? 0) + by);

  for (const id of clients.keys()) {
    const before = index.clientById.get(id);
    for (const profileId of before?.profileById.keys() ?? []) owners.set(profileId, undefined);
    for (const policyId of policiesOf(before)) count(policyId, -1);
  }
  for (const [id, client] of clients) {
    for (const profileId of client?.profileById.keys() ?? []) {
      const owner = owners.get(profileId) ?? ownerOutside(index, clients, profileId);
      if (owner !== undefined) refuseSharedProfile(id, profileId, owner);
      owners.set(profileId, id);
    }
    for (const policyId of policiesOf(client)) count(policyId, 1);
  }
  return {
    clientById: index.clientById.with(clients),
    clientIdByProfileId: index.clientIdByProfileId.with(owners),
    policyUses: index.policyUses.with([...uses].map(([id, n]) => [id, n === 0 ? undefined : n])),
  };
}

/** A client that changes in this revision no longer owns what it owned before. */
function ownerOutside(
  index: ConfigIndex,
  clients: ClientChanges,
  profileId: string,
): string | undefined {
  const owner = index.clientIdByProfileId.get(profileId);
  return owner === undefined || clients.has(owner) ? undefined : owner;
}

function refuseSharedProfile(clientId: string, profileId: string, owner: string): never {
  const problem = { path: `profiles.${profileId}`, message: `already belongs to ${owner}` };
  throw new ConfigError(`client.${clientId}`, [problem]);
}

function* policiesOf(client: CompiledClient | undefined): Generator<string> {
  if (client === undefined) return;
  if (client.policyId !== null) yield client.policyId;
  for (const { policyId } of client.profileById.values()) if (policyId !== null) yield policyId;
}

/** A policy that is not there would mean no limit at all: refuse rather than let that happen. */
function refuseMissingPolicies(
  index: ConfigIndex,
  resources: readonly ResourceChange[],
  clients: ClientChanges,
): void {
  for (const [id, client] of clients) {
    for (const policyId of policiesOf(client)) {
      if (index.policyById.get(policyId) !== undefined) continue;
      throw new ConfigError(`client.${id}`, [
        { path: 'policy_id', message: `${policyId} does not exist` },
      ]);
    }
  }
  for (const { kind, id, value, key } of resources) {
    const isInUse = kind === 'policy' && value === null && index.policyUses.get(id) !== undefined;
    if (isInUse) throw new ConfigError(key, [{ path: '', message: 'is gone but still in use' }]);
  }
}
