import { dayText, USAGE_FORMAT, type UsageDelta, utcDay } from '@portico/contracts';
import type { CompiledProfile } from '@portico/enforcement';
import { encodeUsageDelta, type UsageFeed } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import { COUNTS_PER_DELTA } from './usage-journal-reading.ts';
import type { RunningCount, UnstoredUsage, UsageJournal } from './usage-journal.ts';

type Count = UsageDelta['counts'][number];

/** Whose call it was, and whose policy it counted against, when it was admitted. */
export type AdmittedProfile = Pick<CompiledProfile, 'id' | 'clientId' | 'policyId'>;

interface OpenCount extends RunningCount {
  readonly dayNumber: number;
}

export interface UsageDeltasOptions {
  readonly nodeId: string;
  /** Unix ms at which this process started; with the sequence it makes a delta apply once. */
  readonly epoch: number;
  readonly usage: Pick<UsageFeed, 'publishDelta'>;
  readonly logger: Logger;
  readonly flushEveryMs?: number;
  /** Waited for before counts are closed into a delta. */
  readonly mayPublish?: () => Promise<void>;
  /** Keeps what is not stored when the process ends, or is killed. */
  readonly journal?: UsageJournal;
}

const RETRY_AFTER_MS = 500;
const STOP_RETRY_AFTER_MS = 100;

/**
 * Counts admitted calls per profile and UTC day, and hands them to the ledger about once a second.
 * Never shed: while the stream is away, one delta is retried as it is and the rest adds up in
 * memory, which is bounded by the number of profiles.
 */
export class UsageDeltas {
  readonly #options: UsageDeltasOptions;
  /** By profile; one that passes midnight, or gains or loses its own policy, moves to `#closed`. */
  readonly #open = new Map<string, OpenCount>();
  /** True when something was counted since the counts were last closed. */
  #isCounting = false;
  #closed: Count[] = [];
  #sequence = 0;
  #unsent: UsageDelta | null = null;
  /** Of the process before this one: they go first. */
  #inherited: UsageDelta[] = [];
  #sending: Promise<void> | null = null;
  #lastDay = -1;
  #lastDayText = '';
  #isStopped = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(options: UsageDeltasOptions) {
    this.#options = options;
    options.journal?.follow(() => this.#unstored());
    this.#schedule(options.flushEveryMs ?? 1_000);
  }

  /** Takes over what the process before could not store. */
  async inherit(): Promise<void> {
    const { journal, logger } = this.#options;
    try {
      this.#inherited = (await journal?.inherit()) ?? [];
    } catch (cause) {
      logger.error({ err: cause }, 'usage of the process before cannot be read');
    }
  }

  /** On the request path: a map look-up and an addition. */
  count({ id, clientId, policyId }: AdmittedProfile, unixMs: number): void {
    this.#isCounting = true;
    const day = utcDay(unixMs);
    const apart = policyId !== null;
    let open = this.#open.get(id);
    if (open?.dayNumber !== day || open.apart !== apart || open.client_id !== clientId) {
      if (open && open.admitted > 0) this.#closed.push(toCount(open));
      const of = { client_id: clientId, profile_id: id, apart };
      open = { ...of, day: this.#text(day), dayNumber: day, admitted: 0, noted: 0 };
      this.#open.set(id, open);
    }
    if (open.admitted === open.noted) this.#options.journal?.counting(open);
    open.admitted += 1;
  }

  /** Publishes everything counted so far; resolves when stored, or when an attempt failed. */
  flush(): Promise<void> {
    this.#sending ??= this.#sendAll().finally(() => (this.#sending = null));
    return this.#sending;
  }

  /** Resolves when everything counted is stored, in the ledger's stream or at least on disk. */
  async stop(withinMs = 5_000): Promise<void> {
    this.#isStopped = true;
    if (this.#timer) clearTimeout(this.#timer);
    const { promise: timeUp, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, withinMs);
    const endsAtMs = performance.now() + withinMs;
    while (this.#hasWork() && performance.now() < endsAtMs) {
      await Promise.race([this.flush(), timeUp]);
      if (this.#hasWork()) await Promise.race([pause(STOP_RETRY_AFTER_MS), timeUp]);
    }
    clearTimeout(timer);
    const { journal, logger } = this.#options;
    journal?.close();
    if (this.#hasWork())
      logger.error({ kept: journal !== undefined }, 'usage not stored at the end');
  }

  async #sendAll(): Promise<void> {
    await this.#options.mayPublish?.();
    while (this.#hasWork()) {
      const isInherited = this.#inherited.length > 0;
      this.#unsent ??= this.#inherited[0] ?? this.#form();
      const { node, epoch, sequence } = this.#unsent;
      try {
        const payload = encodeUsageDelta(this.#unsent);
        await this.#options.usage.publishDelta(node, `${node}-${epoch}-${sequence}`, payload);
        this.#unsent = null;
        if (isInherited) await this.#inheritedStored();
        else this.#options.journal?.stored();
      } catch (cause) {
        this.#options.logger.warn({ err: cause, sequence }, 'usage not stored yet, will retry');
        return;
      }
    }
  }

  async #inheritedStored(): Promise<void> {
    this.#inherited.shift();
    if (this.#inherited.length === 0) await this.#options.journal?.forgetInherited();
  }

  #form(): UsageDelta {
    const { journal } = this.#options;
    journal?.note();
    this.#unsent = this.#cut();
    journal?.formed(this.#unsent, this.#closed.length === 0 && !this.#isCounting);
    return this.#unsent;
  }

  /** Freezes what is counted into the next delta, which stays the same however often it is sent. */
  #cut(): UsageDelta {
    if (this.#closed.length === 0) this.#close();
    const counts = this.#closed.splice(0, COUNTS_PER_DELTA);
    const { nodeId: node, epoch } = this.#options;
    return { format: USAGE_FORMAT, node, epoch, sequence: (this.#sequence += 1), counts };
  }

  /**
   * The counts stay where they are, for as long as they are counted in: a map that is emptied every
   * second keeps all that was ever in it alive until a full collection.
   */
  #close(): void {
    for (const [profileId, open] of this.#open) {
      if (open.admitted > 0) this.#closed.push(toCount(open));
      else this.#open.delete(profileId);
      open.admitted = 0;
      open.noted = 0;
    }
    this.#isCounting = false;
  }

  #unstored(): UnstoredUsage {
    const open = [...this.#open.values()].filter(({ admitted }) => admitted > 0);
    const unsent = this.#unsent === this.#inherited[0] ? null : this.#unsent;
    const counts = [...this.#closed, ...open.map(toCount)];
    return { unsent, counts, sequence: this.#sequence };
  }

  #hasWork(): boolean {
    return (
      this.#unsent !== null ||
      this.#inherited.length > 0 ||
      this.#closed.length > 0 ||
      this.#isCounting
    );
  }

  #schedule(delayMs: number): void {
    if (this.#isStopped) return;
    this.#timer = setTimeout(() => {
      void this.flush().then(() =>
        this.#schedule(this.#unsent ? RETRY_AFTER_MS : (this.#options.flushEveryMs ?? 1_000)),
      );
    }, delayMs);
    this.#timer.unref();
  }

  #text(day: number): string {
    if (day !== this.#lastDay) {
      this.#lastDay = day;
      this.#lastDayText = dayText(day);
    }
    return this.#lastDayText;
  }
}

const toCount = ({ client_id, profile_id, day, admitted, apart }: OpenCount): Count => ({
  ...{ client_id, profile_id, day, admitted },
  ...(apart && { apart }),
});

const pause = (delayMs: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayMs));
