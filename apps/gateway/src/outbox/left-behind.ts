import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@portico/telemetry';
import type { EncodedBatch } from './encoded-batch.ts';
import { readFrames } from './journal-frames.ts';
import { readJournalName } from './journal-name.ts';
import { JournalReading } from './journal-reading.ts';
import { Journal } from './journal.ts';

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
): Promise<{ readonly path: string; readonly reading: JournalReading } | null> {
  for (const { path } of files) {
    const reading = new JournalReading();
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
