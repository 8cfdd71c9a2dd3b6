import { RECORD_FORMAT } from '@portico/contracts';
import type { LossMarker } from '@portico/contracts';
import { encodeBatch } from '@portico/messaging';
import type { EncodedBatch } from './encoded-batch.ts';
import type { JournalReader } from '../journal/left-journals.ts';
import { JOURNAL_FORMAT } from './journal-entry.ts';
import type { AddedFields, JournalEntry } from './journal-entry.ts';
import { LossLedger } from './loss-ledger.ts';

/** Follows a journal from its beginning to its end: what was unsettled when it ended? */
export class JournalReading implements JournalReader<JournalEntry> {
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
