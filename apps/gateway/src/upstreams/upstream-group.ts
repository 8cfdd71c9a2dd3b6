import type { Upstream } from '@portico/contracts';
import { Target } from './target.ts';
import type { ConnectionLimits } from './target.ts';

/** The targets of one collection in one environment, and the choice among them. */
export class UpstreamGroup {
  readonly upstream: Upstream;
  readonly targets: readonly Target[];
  readonly #random: () => number;

  constructor(upstream: Upstream, limits: ConnectionLimits, random: () => number = Math.random) {
    this.upstream = upstream;
    this.targets = upstream.targets.map((at) => new Target(upstream, at, limits));
    this.#random = random;
  }

  /**
   * Draws two by weight and takes the one with less under way per weight: almost as even as asking
   * all of them, and nobody stampedes onto a target that just came back.
   */
  pick(tried: ReadonlySet<Target> | null): Target | null {
    const usable = this.targets.filter((target) => isUsable(target) && !tried?.has(target));
    const [only] = usable;
    if (usable.length <= 1) return only ?? null;
    const first = this.#draw(usable);
    const second = this.#draw(usable);
    return loadOf(second) < loadOf(first) ? second : first;
  }

  async close(): Promise<void> {
    await Promise.all(this.targets.map((target) => target.close()));
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

const isUsable = (target: Target): boolean => target.isHealthy && target.weight > 0;
const loadOf = (target: Target): number => (target.outstanding + 1) / target.weight;
