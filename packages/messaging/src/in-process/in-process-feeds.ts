import { feedsOver, type FeedOptions } from '../feeds.ts';
import type { Feeds } from '../ports.ts';
import type { Transport } from '../transport.ts';
import { LocalBucket } from './local-bucket.ts';
import { LocalDeadLetters, LocalQueue } from './local-queue.ts';
import { LocalSignals } from './local-signals.ts';

export interface InProcessOptions extends FeedOptions {
  /** Bytes of batches waiting or being handled, per queue; more are refused. */
  readonly queueBytesMax?: number;
  readonly parkedMax?: number;
}

const QUEUE_BYTES_MAX = 64 * 1024 * 1024;
const PARKED_MAX = 1_000;

/**
 * The feeds where all services share one process: same promises as over NATS, asynchronous delivery,
 * retries and parking included, except that nothing outlives the process.
 */
export function createInProcessFeeds(options: InProcessOptions): Feeds {
  return feedsOver(localTransport(options), options);
}

export function localTransport(options: InProcessOptions): Transport & { bucket: LocalBucket } {
  const { logger, queueBytesMax: bytesMax = QUEUE_BYTES_MAX } = options;
  const deadLetters = new LocalDeadLetters(options.parkedMax ?? PARKED_MAX);
  const signals = new LocalSignals();
  const bucket = new LocalBucket();
  const logs = new LocalQueue({ name: 'logs', bytesMax, deadLetters, logger });
  const usage = new LocalQueue({ name: 'usage', bytesMax, deadLetters, logger });
  let isOpen = true;
  return {
    signals,
    bucket,
    logs,
    usage,
    deadLetters,
    isConnected: () => isOpen,
    close: async () => {
      isOpen = false;
      signals.close();
      bucket.close();
      await Promise.all([logs.close(), usage.close()]);
    },
  };
}
