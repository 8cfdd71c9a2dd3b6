import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { RECORD_FORMAT } from '@portico/contracts';
import type { LossMarker } from '@portico/contracts';
import { encodeBatch } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import type { EncodedBatch } from './encoded-batch.ts';
import { JOURNAL_FORMAT, readFrames } from './journal-frames.ts';
import type { AddedFields, JournalEntry } from './journal-frames.ts';
import { NEXT_SUFFIX, writerOf } from './journal-name.ts';
import { Journal } from './journal.ts';
import { LossLedger } from './loss-ledger.ts';

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
    for (const name of (await readdir(directory)).sort()) {
      const path = join(directory, name);
      try {
        const estate = await findEstate(name, path, logger);
        if (estate !== null) estates.push(estate);
      } catch (error) {
        // No reason not to start: it stays for the next one.
        logger.error({ err: error, path }, 'Cannot read what an earlier process left');
      }
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

/** `null` where there is nothing to send, or nothing of ours. */
async function findEstate(name: string, path: string, logger: Logger): Promise<Estate | null> {
  const pid = writerOf(name);
  if (pid === null || (await isWriting(pid, path))) return null;
  const batches = name.endsWith(NEXT_SUFFIX) ? [] : await readEstate(path, logger);
  if (batches === null) return null;
  if (batches.length > 0) return { path, batches };
  await rm(path, { force: true });
  return null;
}

/**
 * Two gateways in one directory are a mistake, but must not declare each other's records lost. Our
 * own process id was somebody else's: in a container it is the same after every start.
 */
async function isWriting(pid: number, path: string): Promise<boolean> {
  if (pid === process.pid) return Journal.isOpenHere(path);
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // After the machine has started again, ids belong to others.
  const startedAtMs = Date.now() - uptime() * 1_000;
  return (await stat(path)).mtimeMs >= startedAtMs;
}

/** `null` for a journal that only a later version can read: it stays for that. */
async function readEstate(path: string, logger: Logger): Promise<EncodedBatch[] | null> {
  const estate = new Reading();
  for (const { entry, payload } of readFrames(await readFile(path))) {
    if (entry.kind === 'journal' && entry.format !== JOURNAL_FORMAT) {
      logger.error({ path, format: entry.format }, 'Cannot read a journal of this format; left it');
      return null;
    }
    estate.take(entry, payload);
  }
  const { batches, lost } = estate.result();
  if (batches.length > 0) {
    logger.warn({ path, batches: batches.length, lost }, 'Sending what an earlier process left');
  }
  return batches;
}

/** Follows a journal from its beginning to its end. */
class Reading {
  #node = '';
  #losses: readonly LossMarker[] = [];
  readonly #payloadById = new Map<string, Uint8Array>();
  /** Lines of records that are in no batch, in order of their sequence. */
  readonly #lines = new Map<number, readonly [timestampMs: number, clientId: string | null]>();

  take(entry: JournalEntry, payload: Uint8Array): void {
    switch (entry.kind) {
      case 'journal':
        this.#node = entry.node;
        return;
      case 'losses':
        this.#losses = entry.losses;
        return;
      case 'turn':
        this.#addLines(entry.added);
        for (const batchId of entry.settled) this.#payloadById.delete(batchId);
        return;
      case 'batch':
        this.#payloadById.set(entry.batchId, payload);
        this.#dropLinesUpTo(entry.last);
    }
  }

  result(): { readonly batches: EncodedBatch[]; readonly lost: number } {
    const node = this.#node;
    const batches = [...this.#payloadById].map(([batchId, payload]) => ({
      node,
      batchId,
      payload,
    }));
    const ledger = new LossLedger(node);
    for (const [sequence, [timestamp_ms, client_id]] of this.#lines) {
      ledger.add({ sequence, timestamp_ms, client_id }, 'killed');
    }
    const losses = [...this.#losses, ...ledger.take()];
    if (losses.length > 0) batches.push(lossBatch(node, losses));
    return { batches, lost: losses.reduce((sum, { lost }) => sum + lost, 0) };
  }

  #addLines(fields: AddedFields): void {
    for (let at = 0; at + 2 < fields.length; at += 3) {
      const [sequence, timestampMs, clientId] = fields.slice(at, at + 3);
      this.#lines.set(sequence as number, [timestampMs as number, clientId as string | null]);
    }
  }

  #dropLinesUpTo(last: number): void {
    for (const sequence of this.#lines.keys()) {
      if (sequence > last) return;
      this.#lines.delete(sequence);
    }
  }
}

/** A batch of its own: a reader that does not know the reason yet parks nothing else with it. */
function lossBatch(node: string, losses: LossMarker[]): EncodedBatch {
  const batchId = `${node}-killed`;
  const payload = encodeBatch({
    format: RECORD_FORMAT,
    batch_id: batchId,
    node,
    records: [],
    losses,
  });
  return { node, batchId, payload };
}
