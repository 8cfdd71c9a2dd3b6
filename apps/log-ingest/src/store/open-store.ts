import type { Logger } from '@portico/telemetry';
import { backoffMs } from '../ingest/backoff.ts';
import { StoreUnavailableError } from './log-store.ts';

export interface OpenableStore {
  migrate(): Promise<readonly string[]>;
  prepareDays(now: Date): Promise<void>;
}

export interface Opening {
  /** After the first attempt: true when the store is ready. Rejects when it can never be. */
  readonly firstAttempt: Promise<boolean>;
  /** Resolves with true once it is ready, with false when `stop` came before. */
  readonly isReady: Promise<boolean>;
  stop(): void;
}

/** Brings the tables up to date. A server that is away is tried until it is there. */
export function openStore(store: OpenableStore, logger: Logger): Opening {
  const stopping = new AbortController();
  const attempt = (): Promise<boolean> => attemptToOpen(store, logger);
  const firstAttempt = attempt();
  const isReady = firstAttempt.then(async (opened) => {
    for (let failures = 1; !opened; failures++) {
      await pause(backoffMs(failures), stopping.signal);
      if (stopping.signal.aborted) return false;
      opened = await attempt();
    }
    return true;
  });
  isReady.catch(() => undefined);
  return { firstAttempt, isReady, stop: () => stopping.abort() };
}

async function attemptToOpen(store: OpenableStore, logger: Logger): Promise<boolean> {
  try {
    const applied = await store.migrate();
    if (applied.length > 0) logger.info({ applied }, 'Migrated the log store');
    await store.prepareDays(new Date());
    return true;
  } catch (err) {
    if (!(err instanceof StoreUnavailableError)) throw err;
    logger.warn({ err }, 'The log store is away; trying again');
    return false;
  }
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((over) => {
    const timer = setTimeout(over, ms);
    signal.addEventListener('abort', () => (clearTimeout(timer), over()), { once: true });
  });
}
