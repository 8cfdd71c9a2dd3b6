import type { Subscription } from '@portico/messaging';
import type { Logger } from '@portico/telemetry';
import type { LogStore } from '../store/log-store.ts';

/**
 * Makes the coming days and drops what has outlived its retention: at once, then at every interval.
 * A sweep that fails is logged and done again by the next.
 */
export function startSweeps(
  store: LogStore,
  { intervalMs, logger }: { readonly intervalMs: number; readonly logger: Logger },
): Subscription {
  let running = sweep(store, logger);
  const timer = setInterval(() => {
    // One after the other, however long one takes.
    running = running.then(() => sweep(store, logger));
  }, intervalMs);
  return {
    stop: async () => {
      clearInterval(timer);
      await running;
    },
  };
}

async function sweep(store: LogStore, logger: Logger): Promise<void> {
  const now = new Date();
  try {
    await store.prepareDays(now);
    const dropped = await store.dropExpired(now);
    if (dropped.days + dropped.records > 0) logger.info(dropped, 'Dropped expired records');
  } catch (err) {
    logger.warn({ err }, 'The retention sweep failed; the next one repeats it');
  }
}
