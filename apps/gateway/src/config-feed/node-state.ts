import { applyChange, emptyIndex } from '@portico/enforcement';
import type { ConfigIndex, Material } from '@portico/enforcement';
import type { ConfigFault, ConfigListener, RevisionChange } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';

export interface NodeStateOptions {
  readonly material: Material;
  readonly logger: Logger;
  readonly nowMs: () => number;
  /** In the same synchronous step as the swap: what else must follow the new revision. */
  readonly onApplied: (index: ConfigIndex, change: RevisionChange) => void;
  readonly onRefused: () => void;
}

/**
 * The configuration this node decides from. A revision is built completely and then swapped in as
 * one reference, or refused as a whole: the node then keeps its last good state, and says so.
 */
export class NodeState implements ConfigListener {
  readonly #options: NodeStateOptions;
  #index: ConfigIndex | null = null;
  #lagMs = 0;
  #staleReason: string | null = null;

  constructor(options: NodeStateOptions) {
    this.#options = options;
  }

  get index(): ConfigIndex | null {
    return this.#index;
  }

  get revision(): number {
    return this.#index?.revision ?? 0;
  }

  /** ms between the publication of the revision and its application here. */
  get lagMs(): number {
    return this.#lagMs;
  }

  /** Why this node may be behind, or null. */
  get staleReason(): string | null {
    return this.#staleReason;
  }

  markStale(reason: string): void {
    this.#staleReason = reason;
  }

  onRevision(change: RevisionChange): void {
    const { material, logger, nowMs, onApplied, onRefused } = this.#options;
    try {
      this.#index = applyChange(this.#index ?? emptyIndex(), change, material);
    } catch (error) {
      this.#staleReason = `revision ${change.revision} was refused`;
      logger.error(
        { err: error, revision: change.revision, kept: this.revision },
        'Refused a configuration revision, keeping the last good one',
      );
      onRefused();
      throw error;
    }
    this.#lagMs = Math.max(0, nowMs() - change.publishedAtMs);
    this.#staleReason = null;
    onApplied(this.#index, change);
  }

  onCurrent(revision: number): void {
    // Not of another revision: a copy from disk may be newer or older than what the feed has.
    if (revision !== this.revision || this.#staleReason === null) return;
    this.#options.logger.info({ revision, was: this.#staleReason }, 'The revision here is current');
    this.#staleReason = null;
  }

  onFault(fault: ConfigFault): void {
    const { logger } = this.#options;
    if (fault.kind === 'reconnected') {
      // What was missed follows by itself; any other reason to be stale stays until it is resolved.
      if (this.#staleReason === FAULT_REASON.disconnected) this.#staleReason = null;
      logger.info({ revision: this.revision }, 'The configuration feed is back');
      return;
    }
    this.#staleReason = FAULT_REASON[fault.kind];
    const level = fault.kind === 'disconnected' ? 'warn' : 'error';
    logger[level]({ fault, revision: this.revision }, 'Configuration feed fault');
  }
}

const FAULT_REASON: Readonly<Record<Exclude<ConfigFault['kind'], 'reconnected'>, string>> = {
  bad_signature: 'a configuration message was not signed by the control plane',
  unreadable: 'a configuration message could not be read',
  unknown_format: 'the configuration has a format this node does not know',
  digest_mismatch: 'the configuration did not match its digest',
  disconnected: 'the configuration feed is disconnected',
};
