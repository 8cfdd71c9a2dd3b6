import { readdir, readFile, rm, stat } from 'node:fs/promises';
import { uptime } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '@portico/telemetry';
import { readFrames } from './frames.ts';
import { JournalFile } from './journal-file.ts';
import { readJournalName } from './journal-name.ts';

/** Follows one kind of journal from its beginning to its end. */
export interface JournalReader<Entry> {
  take(entry: Entry, payload: Uint8Array): void;
  /** Its statement was written to the end, or cannot be read because it is of a later version. */
  readonly isWhole: boolean;
  readonly isOfLaterFormat: boolean;
}

export interface LeftJournal<Reader> {
  /** To be deleted once what it says is settled. */
  readonly path: string;
  readonly reader: Reader;
}

interface LeftFile {
  readonly path: string;
  readonly pid: number;
  readonly generation: number;
}

/**
 * What processes that are no more left in the directory. What cannot be read is logged, and no reason
 * not to start: it stays for the next one.
 */
export async function leftJournals<Entry, Reader extends JournalReader<Entry>>(
  directory: string,
  newReader: () => Reader,
  logger: Logger,
): Promise<LeftJournal<Reader>[]> {
  const found: LeftJournal<Reader>[] = [];
  for (const files of await journalsIn(directory)) {
    try {
      if (await isBeingWritten(files)) continue;
      const journal = await newestWhole<Entry, Reader>(files, newReader);
      if (journal?.reader.isOfLaterFormat === true) throw new Error('It is of a later version');
      await removeOthers(files, journal?.path);
      if (journal !== null) found.push(journal);
    } catch (error) {
      logger.error({ err: error, files }, 'Cannot read what an earlier process left');
    }
  }
  return found;
}

/** By the node that wrote them, the newest file first. */
async function journalsIn(directory: string): Promise<Iterable<LeftFile[]>> {
  const filesByWriter = new Map<string, LeftFile[]>();
  for (const name of (await readdir(directory)).sort()) {
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

/** There are two when the kill came while the journal was written anew; the newest whole says all. */
async function newestWhole<Entry, Reader extends JournalReader<Entry>>(
  files: readonly LeftFile[],
  newReader: () => Reader,
): Promise<LeftJournal<Reader> | null> {
  for (const { path } of files) {
    const reader = newReader();
    const bytes = await readFile(path);
    for (const { entry, payload } of readFrames<Entry>(bytes)) reader.take(entry, payload);
    if (reader.isWhole) return { path, reader };
  }
  return null;
}

async function removeOthers(files: readonly LeftFile[], kept: string | undefined): Promise<void> {
  for (const { path } of files) if (path !== kept) await rm(path, { force: true });
}

/**
 * Two gateways in one directory are a mistake, but must not declare each other's records lost. Our
 * own process id was somebody else's: in a container it is the same after every start.
 */
async function isBeingWritten(files: readonly LeftFile[]): Promise<boolean> {
  const [newest] = files;
  if (newest === undefined) return false;
  if (newest.pid === process.pid) return files.some(({ path }) => JournalFile.isOpenHere(path));
  try {
    process.kill(newest.pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
  }
  // After the machine has started again, ids belong to others.
  const startedAtMs = Date.now() - uptime() * 1_000;
  return (await stat(newest.path)).mtimeMs >= startedAtMs;
}
