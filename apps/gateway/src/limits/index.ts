import { USAGE_FORMAT, type UsageReport } from '@portico/contracts';
import type { Meters } from '@portico/enforcement';
import type { UsageFeed } from '@portico/messaging';
import type { Logger, Metrics } from '@portico/telemetry';
import { systemClock, type LimitClock } from './clock.ts';
import { LocalMeters } from './local-meters.ts';
import { UsageDeltas } from './usage-deltas.ts';

export interface MetersOptions {
  readonly nodeId: string;
  /** Unset = this node shares its limits with nobody and is exact on its own. */
  readonly redisUrl?: string;
  readonly usage: UsageFeed;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Live gateway nodes, this one included. */
  readonly clusterSize: () => number;
  readonly clock?: LimitClock;
}

export interface Limits {
  readonly meters: Meters;
  /** Call with every revision, in the step that swaps the index. */
  applyIndex(index: { readonly revision: number }): void;
  /** Call once per admitted request, limited or not: this is what bills are made from. */
  recordAdmission(clientId: string, profileId: string, nowMs: number): void;
  /** Returns what is reserved and stores what is counted. */
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 10_000;

export async function createMeters(options: MetersOptions): Promise<Limits> {
  const clock = options.clock ?? systemClock;
  const { nodeId, usage, logger } = options;
  const deltas = new UsageDeltas({ nodeId, epoch: clock.unixMs(), usage, logger });
  const meters = new LocalMeters(clock);
  const answers = await usage.answerUsage(async (scope): Promise<UsageReport | undefined> => {
    const limits = meters.standing(scope);
    if (!limits) return undefined;
    const authoritative = options.clusterSize() <= 1;
    const as_of_ms = clock.unixMs();
    return {
      format: USAGE_FORMAT,
      node: nodeId,
      scope,
      limits: [...limits],
      authoritative,
      as_of_ms,
    };
  });
  const sweeper = setInterval(() => meters.sweep(), SWEEP_EVERY_MS).unref();
  return {
    meters,
    applyIndex: () => undefined,
    recordAdmission: (clientId, profileId, nowMs) => deltas.count(clientId, profileId, nowMs),
    stop: async () => {
      clearInterval(sweeper);
      await answers.stop();
      await deltas.stop();
    },
  };
}
