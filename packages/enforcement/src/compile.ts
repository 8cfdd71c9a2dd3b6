import type { ConfigSnapshot } from '@portico/contracts';
import { applyResources } from './compile/apply.ts';
import type { Material } from './compile/material.ts';
import type { ResourceChange } from './compile/resource.ts';
import { parseResource, toResource } from './compile/resource.ts';
import type { ConfigIndex } from './compiled.ts';
import { ConfigError } from './config-error.ts';
import { buildBases } from './route/base-paths.ts';
import { ShardedMap } from './sharded-map.ts';

export type * from './compiled.ts';
export type { Material };

/** One revision as the feed delivers it (messaging's `RevisionChange`): key → JSON text, null = gone. */
export interface ConfigChange {
  readonly revision: number;
  /** True when `values` is the whole configuration: what it does not name is gone. */
  readonly complete: boolean;
  readonly values: ReadonlyMap<string, string | null>;
}

export const emptyIndex = (): ConfigIndex => ({
  revision: 0,
  clientById: ShardedMap.empty(),
  clientIdByProfileId: ShardedMap.empty(),
  policyById: ShardedMap.empty(),
  policyUses: ShardedMap.empty(),
  collectionById: new Map(),
  bases: buildBases([]),
});

/**
 * Builds the index of a whole configuration. Throws `ConfigError`, naming the resource, when
 * anything in it is unknown, unreadable or contradictory: nothing is ever half enforced.
 */
export function compile(snapshot: ConfigSnapshot, material: Material): ConfigIndex {
  const { policies, collections, clients, revision } = readSnapshot(snapshot);
  const resources = [
    ...policies.map((policy) => toResource('policy', policy)),
    ...collections.map((collection) => toResource('collection', collection)),
    ...clients.map((client) => toResource('client', client)),
  ];
  refuseRepeated(resources);
  return applyResources(emptyIndex(), { revision, resources }, material);
}

/**
 * The index after one revision; the old one stays as it was. Only what the change names is compiled
 * again, so its cost does not grow with the number of clients. Throws `ConfigError` as `compile` does.
 */
export function applyChange(
  index: ConfigIndex,
  change: ConfigChange,
  material: Material,
): ConfigIndex {
  const resources = [...change.values].map(([key, text]) => parseResource(key, text));
  const from = change.complete ? emptyIndex() : index;
  return applyResources(from, { revision: change.revision, resources }, material);
}

/** A snapshot may come from a disk or a wire: its outer shape is not taken on trust either. */
function readSnapshot(snapshot: ConfigSnapshot): ConfigSnapshot {
  const lists = [snapshot?.policies, snapshot?.collections, snapshot?.clients];
  if (!lists.every(Array.isArray) || !Number.isSafeInteger(snapshot.revision)) {
    const message = 'needs a revision and lists of policies, collections and clients';
    throw new ConfigError('snapshot', [{ path: '', message }]);
  }
  return snapshot;
}

function refuseRepeated(resources: readonly ResourceChange[]): void {
  const keys = new Set<string>();
  for (const { key } of resources) {
    if (keys.size === keys.add(key).size) {
      throw new ConfigError(key, [{ path: '', message: 'is there twice' }]);
    }
  }
}
