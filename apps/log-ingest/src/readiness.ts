import type { Feeds } from '@portico/messaging';
import type { LogStore } from './store/log-store.ts';

/** A probe wants an answer, not the patience of a query. */
const PING_TIMEOUT_MS = 2_000;

export interface Dependencies {
  readonly store: Pick<LogStore, 'ping'>;
  readonly feeds: Pick<Feeds, 'isConnected'>;
  readonly isConsuming: () => boolean;
  readonly isStoring: () => boolean;
}

/** Why this process cannot do its work right now; undefined when it can. */
export async function unreadyReason(needs: Dependencies): Promise<string | undefined> {
  if (!needs.isConsuming()) return 'the log store has not been opened yet';
  if (!needs.feeds.isConnected()) return 'NATS is away';
  if (!needs.isStoring()) return 'the last write to the log store failed';
  return (await answersInTime(needs.store)) ? undefined : 'the log store is away';
}

async function answersInTime(store: Pick<LogStore, 'ping'>): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((answer) => {
    timer = setTimeout(answer, PING_TIMEOUT_MS, false);
  });
  const pinged = store.ping().then(
    () => true,
    () => false,
  );
  return Promise.race([pinged, late]).finally(() => clearTimeout(timer));
}
