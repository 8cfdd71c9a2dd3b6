import { USAGE_FORMAT, type UsageReport } from '@portico/contracts';
import type { ConfigIndex, Meters } from '@portico/enforcement';
import type { UsageFeed } from '@portico/messaging';
import type { Logger, Metrics } from '@portico/telemetry';
import { systemClock, type LimitClock } from './clock.ts';
import { createLocalLimits } from './local-limits.ts';
import { ScopeDirectory } from './scope-directory.ts';
import { createSharedLimits } from './shared-limits.ts';
import { UsageDeltas, type AdmittedProfile } from './usage-deltas.ts';
import { UsageJournal } from './usage-journal.ts';
import type { UsageTruth } from './usage-truth.ts';

export type { AdmittedProfile } from './usage-deltas.ts';
export { usageTruthAt, type UsageTruth } from './usage-truth.ts';

export interface MetersOptions {
  readonly nodeId: string;
  /** Unset = this node shares its limits with nobody and is exact on its own. */
  readonly redisUrl?: string;
  readonly usage: UsageFeed;
  readonly logger: Logger;
  readonly metrics: Metrics;
  /** Live gateway nodes, this one included. */
  readonly clusterSize: () => number;
  /** The ledger quotas are seeded from and compared with; without one, counters stand alone. */
  readonly usageTruth?: UsageTruth;
  /** Of this node alone: keeps usage that is not stored when the process ends, for the next one. */
  readonly usageDirectory?: string;
  readonly clock?: LimitClock;
}

export interface Limits {
  readonly meters: Meters;
  /** Call with every revision, in the step that swaps the index. */
  applyIndex(index: ConfigIndex): void;
  /** Call once per admitted request, limited or not: this is what bills are made from. */
  recordAdmission(profile: AdmittedProfile, nowMs: number): void;
  /** Returns what is reserved and stores what is counted. */
  stop(): Promise<void>;
}

const SWEEP_EVERY_MS = 10_000;

export async function createMeters(options: MetersOptions): Promise<Limits> {
  const clock = options.clock ?? systemClock;
  const { nodeId, usage, logger, metrics, redisUrl, usageDirectory } = options;
  const directory = new ScopeDirectory();
  const core =
    redisUrl === undefined
      ? createLocalLimits(options, directory, clock)
      : await createSharedLimits({ ...options, redisUrl }, directory, clock);
  const { mayPublish } = core;
  const epoch = clock.unixMs();
  const deltas = new UsageDeltas({
    ...{ nodeId, epoch, usage, logger },
    ...(usageDirectory !== undefined && {
      journal: new UsageJournal({ directory: usageDirectory, nodeId, epoch, logger }),
    }),
    ...(mayPublish && { mayPublish }),
  });
  await deltas.inherit();
  const answers = await usage.answerUsage(async (scope): Promise<UsageReport | undefined> => {
    const known = directory.find(scope);
    if (!known) return undefined;
    const { limits, whose, asOfMs } = await core.standing(known);
    return {
      ...{ format: USAGE_FORMAT, node: nodeId, scope, limits: [...limits], as_of_ms: asOfMs },
      authoritative: whose === 'authority',
      ...(whose === 'last_word' && { last_heard: true }),
    };
  });
  const sweeper = setInterval(() => core.sweep(), SWEEP_EVERY_MS).unref();
  metrics.gauge({
    name: 'portico_limit_scopes',
    help: 'Clients and profiles whose limits are held in memory.',
    collect() {
      this.set(core.size());
    },
  });
  metrics.gauge({
    name: 'portico_limit_authority_silent',
    help: '1 while the shared limit authority does not answer.',
    collect() {
      this.set(core.isSilent() ? 1 : 0);
    },
  });
  return {
    meters: core.meters,
    applyIndex: (index) => directory.follow(index),
    recordAdmission: (profile, nowMs) => deltas.count(profile, nowMs),
    stop: async () => {
      clearInterval(sweeper);
      try {
        await answers.stop();
        await core.stop();
      } finally {
        await deltas.stop();
      }
    },
  };
}
