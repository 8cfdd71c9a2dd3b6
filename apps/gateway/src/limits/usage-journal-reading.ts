import { USAGE_FORMAT, type UsageDelta } from '@portico/contracts';
import type { JournalReader } from '../journal/left-journals.ts';

export const USAGE_JOURNAL_FORMAT = 1;

/** Keeps one message far below what NATS carries. */
export const COUNTS_PER_DELTA = 4_000;

type Count = UsageDelta['counts'][number];

/** `client_id, profile_id, day, admitted, apart` of each, flat: half the time that objects take. */
export type FlatCounts = readonly (string | number)[];
const FIELDS = 5;

/** Read to its end it tells what a process had counted and not stored. */
export type UsageJournalEntry =
  | {
      readonly kind: 'usage';
      readonly format: number;
      readonly node: string;
      readonly epoch: number;
      /** Of the last delta that was formed. */
      readonly sequence: number;
      /** In that delta, when it is not known to be stored. */
      readonly unsent: FlatCounts | null;
      /** In no delta yet. */
      readonly counts: FlatCounts;
    }
  /** What came since, in no delta yet. */
  | { readonly kind: 'counted'; readonly counts: FlatCounts }
  /** These became the next delta; `null`: all there were. */
  | { readonly kind: 'formed'; readonly counts: FlatCounts | null }
  /** The last delta is stored. */
  | { readonly kind: 'stored' };

export class UsageJournalReading implements JournalReader<UsageJournalEntry> {
  #whose: { readonly node: string; readonly epoch: number } | null = null;
  #isOfLaterFormat = false;
  #sequence = 0;
  #unsent: FlatCounts | null = null;
  readonly #counts = new Map<string, Count>();

  get isWhole(): boolean {
    return this.#whose !== null;
  }

  get isOfLaterFormat(): boolean {
    return this.#isOfLaterFormat;
  }

  take(entry: UsageJournalEntry): void {
    switch (entry.kind) {
      case 'usage':
        this.#whose = { node: entry.node, epoch: entry.epoch };
        this.#isOfLaterFormat = entry.format !== USAGE_JOURNAL_FORMAT;
        if (this.#isOfLaterFormat) return;
        this.#sequence = entry.sequence;
        this.#unsent = entry.unsent;
        this.#add(entry.counts, 1);
        return;
      case 'counted':
        this.#add(entry.counts, 1);
        return;
      case 'formed':
        this.#sequence += 1;
        this.#unsent = entry.counts ?? toFlat([...this.#counts.values()]);
        this.#add(this.#unsent, -1);
        return;
      case 'stored':
        this.#unsent = null;
    }
  }

  /** The same file gives the same deltas under the same numbers, however often it is read. */
  result(): UsageDelta[] {
    const deltas: UsageDelta[] = [];
    if (this.#unsent !== null) deltas.push(this.#delta(this.#sequence, fromFlat(this.#unsent)));
    const counts = [...this.#counts.values()];
    for (let at = 0, sequence = this.#sequence; at < counts.length; at += COUNTS_PER_DELTA) {
      sequence += 1;
      deltas.push(this.#delta(sequence, counts.slice(at, at + COUNTS_PER_DELTA)));
    }
    return deltas;
  }

  #delta(sequence: number, counts: Count[]): UsageDelta {
    const { node, epoch } = this.#whose ?? { node: '', epoch: 0 };
    return { format: USAGE_FORMAT, node, epoch, sequence, counts };
  }

  #add(flat: FlatCounts, sign: 1 | -1): void {
    for (const count of fromFlat(flat)) {
      const key = `${count.client_id} ${count.profile_id} ${count.day} ${count.apart === true}`;
      const admitted = (this.#counts.get(key)?.admitted ?? 0) + sign * count.admitted;
      if (admitted > 0) this.#counts.set(key, { ...count, admitted });
      else this.#counts.delete(key);
    }
  }
}

export const toFlat = (counts: readonly Count[]): FlatCounts => counts.flatMap(flatCount);

export const flatCount = ({ client_id, profile_id, day, admitted, apart }: Count): FlatCounts => [
  client_id,
  profile_id,
  day,
  admitted,
  apart === true ? 1 : 0,
];

function fromFlat(flat: FlatCounts): Count[] {
  const counts: Count[] = [];
  for (let at = 0; at + FIELDS <= flat.length; at += FIELDS) {
    const [client_id, profile_id, day, admitted, apart] = flat.slice(at, at + FIELDS);
    counts.push({
      client_id: String(client_id),
      profile_id: String(profile_id),
      day: String(day),
      admitted: Number(admitted),
      ...(apart === 1 && { apart: true }),
    });
  }
  return counts;
}
