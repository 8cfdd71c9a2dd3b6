import type { LossMarker, RequestRecord } from '@portico/contracts';

/** All that is known of a lost record, or has to be. */
export type LostRecord = Pick<RequestRecord, 'sequence' | 'timestamp_ms' | 'client_id'>;

/** Key under which the losses of calls without a known client are counted. */
export const NO_CLIENT = '-';

/** Counts what had to be thrown away, by client, until a batch can say so. */
export class LossLedger {
  readonly #node: string;
  readonly #open = new Map<LossMarker['reason'], LossMarker>();
  #total = 0;

  constructor(node: string) {
    this.#node = node;
  }

  /** Records lost since the process started. */
  get total(): number {
    return this.#total;
  }

  get isEmpty(): boolean {
    return this.#open.size === 0;
  }

  add(record: LostRecord, reason: LossMarker['reason']): void {
    this.#total += 1;
    const client = record.client_id ?? NO_CLIENT;
    const marker = this.#open.get(reason) ?? this.#begin(record, reason);
    marker.from_sequence = Math.min(marker.from_sequence, record.sequence);
    marker.to_sequence = Math.max(marker.to_sequence, record.sequence);
    marker.from_ms = Math.min(marker.from_ms, record.timestamp_ms);
    marker.to_ms = Math.max(marker.to_ms, record.timestamp_ms);
    marker.lost += 1;
    marker.lost_by_client[client] = (marker.lost_by_client[client] ?? 0) + 1;
  }

  /** The markers so far. */
  get open(): readonly LossMarker[] {
    return [...this.#open.values()];
  }

  /** The markers so far, which are then somebody else's to deliver. */
  take(): LossMarker[] {
    const markers = [...this.#open.values()];
    this.#open.clear();
    return markers;
  }

  #begin(record: LostRecord, reason: LossMarker['reason']): LossMarker {
    const marker: LossMarker = {
      node: this.#node,
      from_sequence: record.sequence,
      to_sequence: record.sequence,
      lost: 0,
      lost_by_client: {},
      from_ms: record.timestamp_ms,
      to_ms: record.timestamp_ms,
      reason,
    };
    this.#open.set(reason, marker);
    return marker;
  }
}
