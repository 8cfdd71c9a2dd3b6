import type { LimitState } from '@portico/contracts';
import type { Meters } from '@portico/enforcement';
import type { KnownScope } from './scope-directory.ts';

/** Where the limits of a scope stand, and by whose word. */
export interface ScopeStanding {
  readonly limits: readonly LimitState[];
  /**
   * `last_word`: the shared authority is silent, and said this when it was last heard. `part`: counted
   * by this node for itself, to be added to what others counted.
   */
  readonly whose: 'authority' | 'last_word' | 'part';
  /** Unix ms at which it was true. */
  readonly asOfMs: number;
}

/** Either way of counting: alone, or shared through Redis. */
export interface LimitsCore {
  readonly meters: Meters;
  standing(scope: KnownScope): Promise<ScopeStanding>;
  /** Frees what idle scopes hold. */
  sweep(): void;
  /** Scopes in memory. */
  size(): number;
  /** True while the shared authority does not answer. */
  isSilent(): boolean;
  /** Where the ledger is asked what was used before: usage published meanwhile would be in the answer. */
  readonly mayPublish?: () => Promise<void>;
  stop(): Promise<void>;
}
