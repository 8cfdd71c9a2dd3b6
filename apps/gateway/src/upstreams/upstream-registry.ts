import type { CompiledCollection, ConfigIndex } from '@portico/enforcement';
import type { Logger } from '@portico/telemetry';
import type { ConnectionLimits } from './target.ts';
import { UpstreamGroup } from './upstream-group.ts';

interface Kept {
  readonly collection: CompiledCollection;
  readonly groupByEnvironment: ReadonlyMap<string, UpstreamGroup>;
}

export interface RegistryOptions {
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
}

/**
 * Connections to upstreams outlive revisions: a group is replaced only when its upstream's own
 * definition changed, and what it replaced finishes the calls it has.
 */
export class UpstreamRegistry {
  readonly #options: RegistryOptions;
  readonly #keptById = new Map<string, Kept>();

  constructor(options: RegistryOptions) {
    this.#options = options;
  }

  /** Call in the step that swaps the index. Costs what changed, plus one look at each collection. */
  applyIndex(index: ConfigIndex): void {
    for (const [id, kept] of this.#keptById) {
      if (!index.collectionById.has(id)) {
        this.#keptById.delete(id);
        this.#retire([...kept.groupByEnvironment.values()]);
      }
    }
    for (const collection of index.collectionById.values()) {
      const kept = this.#keptById.get(collection.id);
      if (kept?.collection !== collection)
        this.#keptById.set(collection.id, this.#renew(collection, kept));
    }
  }

  /** `null` when the collection has no upstream there, or went away while the call was decided. */
  group(collection: CompiledCollection, environment: string): UpstreamGroup | null {
    return this.#keptById.get(collection.id)?.groupByEnvironment.get(environment) ?? null;
  }

  async close(): Promise<void> {
    const all = [...this.#keptById.values()].flatMap((kept) => [
      ...kept.groupByEnvironment.values(),
    ]);
    this.#keptById.clear();
    await Promise.all(all.map((group) => group.close()));
  }

  #renew(collection: CompiledCollection, kept: Kept | undefined): Kept {
    const groups = new Map<string, UpstreamGroup>();
    for (const [environment, upstream] of collection.upstreams) {
      const before = kept?.groupByEnvironment.get(environment);
      const isSame = JSON.stringify(before?.upstream) === JSON.stringify(upstream);
      groups.set(
        environment,
        before !== undefined && isSame ? before : new UpstreamGroup(upstream, this.#options),
      );
    }
    const stays = new Set(groups.values());
    this.#retire(
      [...(kept?.groupByEnvironment.values() ?? [])].filter((group) => !stays.has(group)),
    );
    return { collection, groupByEnvironment: groups };
  }

  #retire(groups: readonly UpstreamGroup[]): void {
    for (const group of groups) {
      group.close().catch((error: unknown) => {
        this.#options.logger.warn({ err: error }, 'Closing connections to an upstream failed');
      });
    }
  }
}
