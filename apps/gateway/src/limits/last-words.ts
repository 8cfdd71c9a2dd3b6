import type { LimitState } from '@portico/contracts';
import type { Leased, LimitAuthority } from './authority.ts';
import type { LimitClock } from './clock.ts';
import type { LimitPlan } from './limit-plan.ts';
import { limitStates, standingOf } from './standing.ts';

/** What the authority said of a scope, and when that was on this node's clocks. */
export interface Word {
  readonly plan: LimitPlan;
  readonly leased: Leased;
  readonly monotonicMs: number;
  readonly unixMs: number;
}

/** Where the limits stood at that moment. */
export function statesOf({ plan, leased, monotonicMs, unixMs }: Word): readonly LimitState[] {
  const then = { monotonicMs, unixMs, authorityMs: leased.nowMs };
  return limitStates(plan, standingOf(plan, leased, monotonicMs, 0), null, then);
}

/** What the authority said of each scope when it was last heard: all there is to tell once it is silent. */
export class LastWords {
  readonly #clock: LimitClock;
  readonly #byScope = new Map<string, Word>();

  constructor(clock: LimitClock) {
    this.#clock = clock;
  }

  /** The same authority, with somebody listening. */
  heardFrom(authority: LimitAuthority): LimitAuthority {
    return {
      lease: async (request) => {
        const answer = await authority.lease(request);
        // While nodes are still telling what they used, its figure is only a part.
        if (answer.kind === 'leased' && !answer.isRebuilding) {
          this.#byScope.set(request.scope, this.word(request.plan, answer));
        }
        return answer;
      },
      epoch: (known) => authority.epoch(known),
      restore: (request) => authority.restore(request),
      reconcile: (request) => authority.reconcile(request),
      close: () => authority.close(),
    };
  }

  word(plan: LimitPlan, leased: Leased): Word {
    const [monotonicMs, unixMs] = [this.#clock.monotonicMs(), this.#clock.unixMs()];
    return { plan, leased, monotonicMs, unixMs };
  }

  of(scope: string): Word | undefined {
    return this.#byScope.get(scope);
  }

  forget(isGone: (scope: string) => boolean): void {
    for (const scope of this.#byScope.keys()) if (isGone(scope)) this.#byScope.delete(scope);
  }
}
