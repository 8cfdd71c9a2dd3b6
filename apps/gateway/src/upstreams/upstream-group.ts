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
   * Draws two by weight and takes the one with less under way per weight, or else the first: almost
   * as even as asking all of them, and nobody stampedes onto a target that just came back. Rather
   * one that was tried than none at all.
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
    let waitMs = Number.POSITIVE_INFINITY;
    for (const target of this.targets) {
      if (target.weight > 0) waitMs = Math.min(waitMs, this.#waitMs(target, nowMs));
    }
    // Where every target has weight 0 nothing is known: the next revision may change that.
    return Number.isFinite(waitMs) ? Math.max(1, Math.ceil(waitMs / 1_000)) : 1;
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

  /** Until its circuit lets a call try; what is ill has to pass a health check before that. */
  #waitMs({ isHealthy, breaker }: Target, nowMs: number): number {
    const untilChecked = isHealthy ? 0 : (this.upstream.health_check?.interval_ms ?? 0);
    return Math.max(untilChecked, breaker.waitMs(nowMs));
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

/**
 * Two that are idle are equally loaded, whatever they weigh: counting the call that is to come would
 * let the heavier one win every such draw, and leave a tenth of the weight a hundredth of the calls.
 */
const loadOf = (target: Target): number => target.outstanding / target.weight;
