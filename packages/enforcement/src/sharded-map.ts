/**
 * An immutable map from id to value whose change costs the same at a hundred and at a hundred
 * thousand entries: only the shards that hold a changed key are copied.
 */
export class ShardedMap<V> {
  readonly #shards: readonly ReadonlyMap<string, V>[];
  readonly size: number;

  private constructor(shards: readonly ReadonlyMap<string, V>[], size: number) {
    this.#shards = shards;
    this.size = size;
  }

  static readonly empty = <V>(): ShardedMap<V> =>
    new ShardedMap<V>(new Array<ReadonlyMap<string, V>>(SHARDS).fill(new Map()), 0);

  get(key: string): V | undefined {
    return this.#shards[shardOf(key)]?.get(key);
  }

  /** A new map with these changes; `undefined` removes. Later changes win over earlier ones. */
  with(changes: Iterable<readonly [string, V | undefined]>): ShardedMap<V> {
    const shards = [...this.#shards];
    const copied = new Map<number, Map<string, V>>();
    let size = this.size;
    for (const [key, value] of changes) {
      const at = shardOf(key);
      let shard = copied.get(at);
      if (shard === undefined) {
        shard = new Map(shards[at]);
        copied.set(at, shard);
        shards[at] = shard;
      }
      size -= shard.size;
      if (value === undefined) shard.delete(key);
      else shard.set(key, value);
      size += shard.size;
    }
    return copied.size === 0 ? this : new ShardedMap(shards, size);
  }

  *values(): Generator<V> {
    for (const shard of this.#shards) yield* shard.values();
  }
}

/** A shard of a 100,000 entry map holds about a hundred: both copies of a change stay microseconds. */
const SHARDS = 1024;

/** FNV-1a, folded to a shard number. */
function shardOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  return (hash ^ (hash >>> 15)) & (SHARDS - 1);
}
