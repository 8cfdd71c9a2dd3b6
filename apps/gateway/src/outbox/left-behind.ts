import { rm } from 'node:fs/promises';
import type { Logger } from '@portico/telemetry';
import { leftJournals } from '../journal/left-journals.ts';
import type { EncodedBatch } from './encoded-batch.ts';
import { JournalReading } from './journal-reading.ts';

interface Estate {
  readonly path: string;
  readonly batches: EncodedBatch[];
}

/**
 * What killed processes left in their journals: the batches of which nobody knows that they arrived,
 * and a loss marker for the records that were in none. The same file gives the same batches under
 * the same ids, and it is deleted after the last of them has arrived, so being killed over it, too,
 * counts nothing twice.
 */
export class LeftBehind {
  readonly #estates: Estate[];

  private constructor(estates: Estate[]) {
    this.#estates = estates;
  }

  /** Before this process starts a journal of its own in the directory. */
  static async open(directory: string, logger: Logger): Promise<LeftBehind> {
    const estates: Estate[] = [];
    for (const { path, reader } of await leftJournals(directory, newReading, logger)) {
      const { batches, lost } = reader.result();
      if (batches.length === 0) {
        await rm(path, { force: true });
        continue;
      }
      logger.warn({ path, batches: batches.length, lost }, 'Sending what an earlier process left');
      estates.push({ path, batches });
    }
    return new LeftBehind(estates);
  }

  oldest(): EncodedBatch | null {
    return this.#estates[0]?.batches[0] ?? null;
  }

  read(batch: EncodedBatch): Promise<Uint8Array> {
    return Promise.resolve(batch.payload);
  }

  /** Call with the oldest, once it has arrived. */
  async remove(): Promise<void> {
    const [estate] = this.#estates;
    estate?.batches.shift();
    if (estate === undefined || estate.batches.length > 0) return;
    this.#estates.shift();
    await rm(estate.path, { force: true });
  }
}

const newReading = (): JournalReading => new JournalReading();
