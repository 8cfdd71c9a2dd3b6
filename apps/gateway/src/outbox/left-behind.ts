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
import { readJournalName } from './journal-name.ts';
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
    for (const files of journalsIn(directory, await readdir(directory))) {
      try {
        const estate = await findEstate(files, logger);
        if (estate !== null) estates.push(estate);
      } catch (error) {
        // No reason not to start: it stays for the next one.
        logger.error({ err: error, files }, 'Cannot read what an earlier process left');
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

interface JournalFile {
  readonly path: string;
  readonly pid: number;
  readonly generation: number;
}

/** By the node that wrote them, the newest file first. */
function journalsIn(directory: string, names: readonly string[]): Iterable<JournalFile[]> {
  const filesByWriter = new Map<string, JournalFile[]>();
  for (const name of [...names].sort()) {
    const writer = readJournalName(name);
    if (writer === null) continue;
    const { pid, node, generation } = writer;
    const files = filesByWriter.get(`${pid}~${node}`) ?? [];
    filesByWriter.set(`${pid}~${node}`, files);
    files.push({ path: join(directory, name), pid, generation });
    files.sort((a, b) => b.generation - a.generation);
  }
  return filesByWriter.values();
}

/** `null` where there is nothing to send, or nothing of ours. */
async function findEstate(files: readonly JournalFile[], logger: Logger): Promise<Estate | null> {
  if (await isBeingWritten(files)) return null;
  const found = await newestWhole(files);
  if (found?.reading.isOfLaterFormat === true) {
    logger.error(
      { path: found.path },
      'Cannot read a journal of a later version; it stays for that',
    );
    return null;
  }
  for (const { path } of files) if (path !== found?.path) await rm(path, { force: true });
  if (found === null) return null;
  const { batches, lost } = found.reading.result();
  if (batches.length === 0) {
    await rm(found.path, { force: true });
    return null;
  }
  const { path } = found;
  logger.warn({ path, batches: batches.length, lost }, 'Sending what an earlier process left');
  return { path, batches };
}

/** There are two when the kill came while the journal was written anew; the newest whole says all. */
async function newestWhole(
  files: readonly JournalFile[],
): Promise<{ readonly path: string; readonly reading: Reading } | null> {
  for (const { path } of files) {
    const reading = new Reading();
    for (const { entry, payload } of readFrames(await readFile(path))) reading.take(entry, payload);
    if (reading.isWhole) return { path, reading };
  }
  return null;
}

/**
 * Two gateways in one directory are a mistake, but must not declare each other's records lost. Our
 * own process id was somebody else's: in a container it is the same after every start.
 */
async function isBeingWritten(files: readonly JournalFile[]): Promise<boolean> {
  const [newest] = files;
  if (newest === undefined) return false;
  if (newest.pid === process.pid) return files.some(({ path }) => Journal.isOpenHere(path));
  try {
    process.kill(newest.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // After the machine has started again, ids belong to others.
  const startedAtMs = Date.now() - uptime() * 1_000;
  return (await stat(newest.path)).mtimeMs >= startedAtMs;
}

/** Follows a journal from its beginning to its end. */
class Reading {
  #node = '';
  #isStated = false;
  #isOfLaterFormat = false;
  #losses: readonly LossMarker[] = [];
  readonly #payloadById = new Map<string, Uint8Array>();
  /** Lines of records that are in no batch, in order of their sequence. */
  readonly #lines = new Map<number, readonly [timestampMs: number, clientId: string | null]>();

  /** What it begins with was written to its end. */
  get isWhole(): boolean {
    return this.#isStated || this.#isOfLaterFormat;
  }

  get isOfLaterFormat(): boolean {
    return this.#isOfLaterFormat;
  }

  take(entry: JournalEntry, payload: Uint8Array): void {
    switch (entry.kind) {
      case 'journal':
        this.#node = entry.node;
        this.#isOfLaterFormat = entry.format !== JOURNAL_FORMAT;
        return;
      case 'losses':
        this.#losses = entry.losses;
        return;
      case 'news':
        this.#isStated = true;
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
