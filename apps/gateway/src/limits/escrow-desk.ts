import type { LimitMode, LimitState } from '@portico/contracts';
import type { LimitTimers } from './clock.ts';
import type { EscrowAccount } from './escrow-account.ts';
import type { EscrowSettings } from './escrow-settings.ts';
import type { DayCounts } from './quota-ledger.ts';
import type { Now } from './standing.ts';

/** What an account may ask of its node. */
export interface EscrowDesk {
  /** Names this life of this process. */
  readonly node: string;
  readonly settings: EscrowSettings;
  readonly timers: LimitTimers;
  /** True where a quota's counter is compared with what bills are made from. */
  readonly hasLedger: boolean;
  nowMs(): number;
  now(): Now;
  toAuthorityMs(ownMs: number): number;
  /** True while the authority is silent, for as long as the mode waits for it. */
  isOut(mode: LimitMode): boolean;
  clusterSize(): number;
  random(): number;
  /** The comparison of the quota with the ledger that is under way, or that is due; null where none is. */
  compareQuota(scope: string): Promise<void> | null;
  /** Where other nodes believe the limits of a scope stand. */
  askPeers(scope: string): Promise<readonly LimitState[]>;
  /** Day counts of the ledger, this month's and this week's; none where there is no ledger. */
  askLedger(scope: string): Promise<DayCounts>;
  /** One call for this account, with the others of this tick. */
  ask(account: EscrowAccount): void;
  hint(scope: string, remaining: number): void;
}
