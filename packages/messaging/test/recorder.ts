import type { ConfigFault, ConfigListener, DeliveredBatch, RevisionChange } from '../src/ports.ts';

/** A node that remembers what it was told, and holds the state that follows from it. */
export class RecordingNode implements ConfigListener {
  readonly changes: RevisionChange[] = [];
  readonly faults: ConfigFault[] = [];
  /** Revisions it was told to be current, without having to change anything. */
  readonly confirmed: number[] = [];
  state = new Map<string, string>();
  refuseNext = false;

  get revision(): number {
    return this.changes.at(-1)?.revision ?? -1;
  }

  onRevision(change: RevisionChange): void {
    if (this.refuseNext) {
      this.refuseNext = false;
      throw new Error('this configuration is refused');
    }
    if (change.complete) this.state = new Map();
    for (const [key, body] of change.values) {
      if (body === null) this.state.delete(key);
      else this.state.set(key, body);
    }
    this.changes.push(change);
  }

  onFault(fault: ConfigFault): void {
    this.faults.push(fault);
  }

  onCurrent(revision: number): void {
    this.confirmed.push(revision);
  }

  faultsOf<K extends ConfigFault['kind']>(kind: K): Extract<ConfigFault, { kind: K }>[] {
    return this.faults.filter(
      (fault): fault is Extract<ConfigFault, { kind: K }> => fault.kind === kind,
    );
  }
}

/** A store that remembers what it was given, and answers as the test says. */
export class RecordingStore {
  readonly seen: { batchId: string; attempt: number; text: string }[] = [];
  readonly #verdict: (batch: DeliveredBatch) => void | Promise<void>;
  handling = 0;
  handlingMax = 0;

  constructor(verdict: (batch: DeliveredBatch) => void | Promise<void> = (batch) => batch.ack()) {
    this.#verdict = verdict;
  }

  readonly handle = async (batch: DeliveredBatch): Promise<void> => {
    this.handling += 1;
    this.handlingMax = Math.max(this.handlingMax, this.handling);
    this.seen.push({
      batchId: batch.batchId,
      attempt: batch.attempt,
      text: Buffer.from(batch.payload).toString('utf8'),
    });
    try {
      await this.#verdict(batch);
    } finally {
      this.handling -= 1;
    }
  };

  ids(): string[] {
    return this.seen.map(({ batchId }) => batchId);
  }
}

export const quietLogger = {
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
