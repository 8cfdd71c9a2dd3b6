import type { Upstream } from '@portico/contracts';
import type { Logger } from '@portico/telemetry';
import { HealthChecks } from './health-checks.ts';
import { RetryBudget } from './retry-budget.ts';
import { Target } from './target.ts';
import type { ConnectionLimits } from './target.ts';

export interface GroupOptions {
  readonly limits: ConnectionLimits;
  readonly logger: Logger;
  readonly random?: () => number;
}

/** The targets of one collection in one environment, and the choice among them. */
export class UpstreamGroup {
  readonly upstream: Upstream;
  readonly targets: readonly Target[];
  readonly retries = new RetryBudget();
  readonly #random: () => number;
  readonly #checks: HealthChecks | null;

  constructor(upstream: Upstream, { limits, logger, random = Math.random }: GroupOptions) {
    this.upstream = upstream;
    this.targets = upstream.targets.map((at) => new Target(upstream, at, limits));
    this.#random = random;
    this.#checks =
      upstream.health_check === undefined
        ? null
        : new HealthChecks(this.targets, upstream.health_check, logger);
  }

  /**
   * Draws two by weight and takes the one with less under way per weight: almost as even as asking
   * all of them, and nobody stampedes onto a target that just came back. Rather one that was tried
   * than none at all.
   */
  pick(tried: ReadonlySet<Target>, nowMs: number): Target | null {
    const usable = this.#usable(nowMs);
    const fresh = tried.size === 0 ? usable : usable.filter((target) => !tried.has(target));
    const choice = fresh.length > 0 ? fresh : usable;
    const [only] = choice;
    if (choice.length <= 1) return only ?? null;
    const first = this.#draw(choice);
    const second = this.#draw(choice);
    return loadOf(second) < loadOf(first) ? second : first;
  }

  /** Whole seconds after which a call may find a target again; at least 1. */
  retryAfterSeconds(nowMs: number): number {
    const waits = this.targets.map((target) => target.breaker.waitMs(nowMs));
    return Math.max(1, Math.ceil(Math.min(...waits) / 1_000));
  }

  async close(): Promise<void> {
    this.#checks?.stop();
    await Promise.all(this.targets.map((target) => target.close()));
  }

  /**
   * Without a configured breaker nobody asked for calls to be refused: when every target that is
   * healthy is being left alone, they are all tried after all.
   */
  #usable(nowMs: number): readonly Target[] {
    const healthy = this.targets.filter((target) => target.isHealthy && target.weight > 0);
    const callable = healthy.filter((target) => target.breaker.mayCall(nowMs));
    const isRefusable = this.upstream.circuit_breaker !== undefined;
    return callable.length > 0 || isRefusable ? callable : healthy;
  }

  #draw(usable: readonly Target[]): Target {
    const total = usable.reduce((sum, target) => sum + target.weight, 0);
    let at = this.#random() * total;
    for (const target of usable) {
      at -= target.weight;
      if (at < 0) return target;
    }
    return usable[usable.length - 1] as Target;
  }
}

const loadOf = (target: Target): number => (target.outstanding + 1) / target.weight;
