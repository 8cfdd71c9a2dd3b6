import { mkdir, rm } from 'node:fs/promises';
import type { UsageDelta } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import { encodeFrame } from '../journal/frames.ts';
import { JournalFile } from '../journal/journal-file.ts';
import { leftJournals } from '../journal/left-journals.ts';
import {
  flatCount,
  toFlat,
  USAGE_JOURNAL_FORMAT,
  UsageJournalReading,
} from './usage-journal-reading.ts';
import type { FlatCounts, UsageJournalEntry } from './usage-journal-reading.ts';

export interface UsageJournalOptions {
  /** Of this node alone. */
  readonly directory: string;
  readonly nodeId: string;
  /** Unix ms at which this process started. */
  readonly epoch: number;
  readonly logger: Logger;
  /** How much is appended at least before it is written anew. */
  readonly appendBytes?: number;
}

/** Goes on counting while the journal has it. */
export interface RunningCount {
  readonly client_id: string;
  readonly profile_id: string;
  readonly day: string;
  /** Counted by the profile's own policy. */
  readonly apart: boolean;
  admitted: number;
  /** How many of them the journal knows of. */
  noted: number;
}

/** What this process counted and the ledger's stream is not known to have. */
export interface UnstoredUsage {
  readonly unsent: UsageDelta | null;
  /** In no delta yet. */
  readonly counts: UsageDelta['counts'];
  /** Of the last delta that was formed. */
  readonly sequence: number;
}

/** What a kill may cost uncounted. */
const NOTE_AFTER_MS = 5;
/** Counts of half a million profiles: more are not worth the disk. */
const BYTES_MAX = 256 * 1024 * 1024;

/**
 * Lets the process after this one store what this one counted, however it ended. A delta is noted
 * before it is published; sent again under its own number, it counts once.
 */
export class UsageJournal {
  readonly #options: UsageJournalOptions;
  readonly #file: JournalFile;
  #unstored: () => UnstoredUsage = () => ({ unsent: null, counts: [], sequence: 0 });
  /** Those that went on since they were last noted. */
  #running: RunningCount[] = [];
  #inheritedPaths: string[] = [];

  constructor(options: UsageJournalOptions) {
    const { nodeId, epoch } = options;
    const whose = { format: USAGE_JOURNAL_FORMAT, node: nodeId, epoch };
    this.#options = options;
    this.#file = new JournalFile(
      { ...options, node: `${nodeId}-${epoch}`, subject: 'usage', bytesMax: BYTES_MAX },
      () => {
        // All of it is in what is unstored.
        this.#takeNews();
        const { unsent, counts, sequence } = this.#unstored();
        const flat = { unsent: unsent && toFlat(unsent.counts), counts: toFlat(counts) };
        return frame({ kind: 'usage', ...whose, sequence, ...flat });
      },
    );
  }

  /** Whom to ask what is not stored; before anything else. */
  follow(unstored: () => UnstoredUsage): void {
    this.#unstored = unstored;
  }

  /** What processes left that are no more; also what they inherited themselves. */
  async inherit(): Promise<UsageDelta[]> {
    const { directory, logger } = this.#options;
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const left = await leftJournals(directory, () => new UsageJournalReading(), logger);
    const deltas = left.flatMap(({ reader }) => reader.result());
    this.#inheritedPaths = left.map(({ path }) => path);
    if (deltas.length === 0) await this.forgetInherited();
    else logger.warn({ deltas: deltas.length }, 'Storing usage that an earlier process left');
    return deltas;
  }

  /** All of it is stored. */
  async forgetInherited(): Promise<void> {
    for (const path of this.#inheritedPaths) await rm(path, { force: true });
    this.#inheritedPaths = [];
  }

  /** Call when it goes on from what is noted. */
  counting(count: RunningCount): void {
    this.#running.push(count);
    if (this.#running.length === 1) setTimeout(() => this.note(), NOTE_AFTER_MS);
  }

  /** What was counted up to now. Call before a delta is formed of it. */
  note(): void {
    const counts = this.#takeNews();
    if (counts.length > 0) this.#file.append(frame({ kind: 'counted', counts }));
  }

  /** Call before it is published. `isAll`: nothing is counted that is not in it. */
  formed({ counts }: UsageDelta, isAll: boolean): void {
    this.#file.append(frame({ kind: 'formed', counts: isAll ? null : toFlat(counts) }));
  }

  /** The delta formed last has arrived. */
  stored(): void {
    this.#file.append(frame({ kind: 'stored' }));
  }

  /** Leaves a file only where something is not stored. Nothing is written after it. */
  close(): void {
    const { unsent, counts } = this.#unstored();
    this.#file.close(unsent !== null || counts.length > 0);
  }

  #takeNews(): FlatCounts {
    const news: (string | number)[] = [];
    for (const count of this.#running) {
      const { admitted, noted } = count;
      if (admitted > noted) news.push(...flatCount({ ...count, admitted: admitted - noted }));
      count.noted = admitted;
    }
    this.#running = [];
    return news;
  }
}

const frame = (entry: UsageJournalEntry): Uint8Array[] => encodeFrame(entry);
