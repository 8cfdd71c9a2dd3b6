import type { LimitClock } from './clock.ts';
import type { MetersOptions } from './index.ts';
import type { LimitsCore } from './limits-core.ts';
import { LocalMeters } from './local-meters.ts';
import { QuotaLedger } from './quota-ledger.ts';
import type { ScopeDirectory } from './scope-directory.ts';

/** Limits of a node that shares them with nobody: exact, and counted in this process. */
export function createLocalLimits(
  options: MetersOptions,
  directory: ScopeDirectory,
  clock: LimitClock,
): LimitsCore {
  const { logger } = options;
  const ledger =
    options.usageTruth &&
    new QuotaLedger({
      ...{ truth: options.usageTruth, clock, random: Math.random, logger },
      find: (key) => directory.find(key),
      open: ({ key }) => {
        const ownDays = meters.daysOf(key);
        return async (days) => meters.seed(key, days, ownDays);
      },
    });
  const meters = new LocalMeters(
    clock,
    ledger ? (key, isSeeded) => ledger.consider(key, isSeeded) : null,
  );
  return {
    meters,
    standing: async ({ key, policy }) => ({
      limits: policy ? meters.standing({ key, policy }) : [],
      whose: options.clusterSize() <= 1 ? 'authority' : 'part',
      asOfMs: clock.unixMs(),
    }),
    sweep: () => {
      meters.sweep();
      ledger?.forget((key) => directory.find(key) === undefined);
    },
    size: () => meters.size,
    isSilent: () => false,
    mayPublish: async () => ledger?.answered(),
    stop: async () => undefined,
  };
}
