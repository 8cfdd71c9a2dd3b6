import type { LimitState } from '@portico/contracts';
import type { Meters } from '@portico/enforcement';
import type { KnownScope } from './scope-directory.ts';

/** Either way of counting: alone, or shared through Redis. */
export interface LimitsCore {
  readonly meters: Meters;
  standing(
    scope: KnownScope,
  ): Promise<{ readonly limits: readonly LimitState[]; readonly isAuthoritative: boolean }>;
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
