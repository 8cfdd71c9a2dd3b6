import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Gauge } from '@portico/telemetry';
import { Foundation } from '../foundation.ts';
import { Writes } from '../writes/writes.ts';
import { resealAll } from './reseal.ts';
import { keyUses, SEALED_PLACES, type KeyUse } from './sealed-places.ts';
import { Vault } from './vault.ts';

/**
 * Sees a change of the master secret through: seals anew what is under the key before, and says how
 * much is left under it, or under a key that nobody here holds. Runs beside everything else, at start
 * and whenever bucket and database are compared: a replica that holds only the key before may write
 * under it until it ends. No start waits for it, and none fails with it.
 */
@Injectable()
export class KeyRotation implements OnApplicationBootstrap, BeforeApplicationShutdown {
  #running: Promise<void> | undefined;
  #isStopped = false;
  #timer: NodeJS.Timeout | undefined;
  #isDone = false;
  readonly #toldAbout = new Map<string, number>();
  readonly #left: Gauge<'table' | 'key'>;

  constructor(
    private readonly vault: Vault,
    private readonly writes: Writes,
    private readonly foundation: Foundation,
  ) {
    this.#left = foundation.metrics.gauge({
      name: 'portico_sealed_secrets_left',
      help: 'Stored secrets not under the present key: under the previous, or under an unknown one',
      labelNames: ['table', 'key'],
    });
  }

  onApplicationBootstrap(): void {
    const { reconcileMs } = this.foundation.config.publishing;
    this.#timer = setInterval(() => this.look(), reconcileMs);
    this.look();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isStopped = true;
    clearInterval(this.#timer);
    await this.#running;
  }

  /** Cheap where nothing is left, and safe to call at any time. */
  look(): void {
    this.#running ??= this.#look()
      .catch((err: unknown) =>
        this.foundation.logger.warn({ err }, 'could not seal secrets anew; trying again'),
      )
      .finally(() => (this.#running = undefined));
  }

  async #look(): Promise<void> {
    if ((await this.#count()) > 0) {
      const { logger } = this.foundation;
      const parts = { writes: this.writes, vault: this.vault, logger };
      const resealed = await resealAll(parts, () => this.#isStopped);
      // One line each, and not by table: the logger takes a field named after credentials for one.
      for (const [table, rows] of Object.entries(resealed)) {
        const fields = { table, rows, key_ids: this.vault.presentKeyIds };
        logger.info(fields, 'sealed stored secrets anew under the present encryption key');
      }
      if ((await this.#count()) > 0) return;
    }
    if (this.#isDone || this.vault.previousKeyIds.length === 0) return;
    this.#isDone = true;
    this.foundation.logger.info('nothing stored is under the previous encryption key any more');
  }

  /** How many secrets are under the previous keys. Tells metrics and log what it found. */
  async #count(): Promise<number> {
    const { presentKeyIds, previousKeyIds } = this.vault;
    let underPrevious = 0;
    for (const place of SEALED_PLACES) {
      const { table } = place;
      const uses = await keyUses(this.foundation.dataSource.manager, place, presentKeyIds);
      const previous = uses.filter(({ key_id }) => previousKeyIds.includes(key_id));
      const unknown = uses.filter(({ key_id }) => !previousKeyIds.includes(key_id));
      this.#left.set({ table, key: 'previous' }, sumOf(previous));
      this.#left.set({ table, key: 'unknown' }, sumOf(unknown));
      for (const use of unknown) this.#tell(table, use);
      underPrevious += sumOf(previous);
    }
    return underPrevious;
  }

  /** Once, and again when it is not the same number any more. */
  #tell(table: string, { key_id, count, ids }: KeyUse): void {
    const what = `${table} ${key_id}`;
    if (this.#toldAbout.get(what) === count) return;
    this.#toldAbout.set(what, count);
    this.foundation.logger.error(
      { table, key_id, count, ids },
      'stored secrets are sealed under an encryption key this process does not hold',
    );
  }
}

const sumOf = (uses: readonly KeyUse[]): number => uses.reduce((sum, { count }) => sum + count, 0);
