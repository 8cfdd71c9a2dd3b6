import { logsSubject, NATS, usageDeltaSubject } from '@portico/contracts';
import { feedsOver, type FeedOptions } from '../feeds.ts';
import type { Feeds } from '../ports.ts';
import type { Transport } from '../transport.ts';
import { NatsBucket } from './nats-bucket.ts';
import { NatsDeadLetters } from './nats-dead-letters.ts';
import { NatsLink, type LinkOptions } from './nats-link.ts';
import { NatsQueue } from './nats-queue.ts';
import { NatsSignals } from './nats-signals.ts';
import { workQueueStream } from './nats-streams.ts';

const MIB = 1024 * 1024;

export interface NatsOptions extends FeedOptions, LinkOptions {
  /** Copies of every stream and bucket this process makes; 3 in a cluster. */
  readonly replicas?: number;
  /** Bytes of the record stream; a publish that does not fit is refused. Default 1 GiB. */
  readonly logsBytesMax?: number;
  /** How long to wait for NATS before going on without it. Default 2 s. */
  readonly firstConnectWaitMs?: number;
}

/**
 * The feeds over NATS. Resolves when connected, or, where NATS is away, after a short wait: the
 * connection is tried for ever, what needs an answer fails until then, what follows begins then.
 */
export async function connectNats(options: NatsOptions): Promise<Feeds> {
  const link = new NatsLink(options);
  await link.ready(AbortSignal.timeout(options.firstConnectWaitMs ?? 2_000));
  return feedsOver(natsTransport(link, options), options);
}

function natsTransport(link: NatsLink, options: NatsOptions): Transport {
  const { logger, replicas = 1 } = options;
  const deadLetters = new NatsDeadLetters(link, { bytesMax: 256 * MIB, replicas });
  const bucket = new NatsBucket({ link, logger, replicas });
  const logs = new NatsQueue({
    ...{ name: 'logs', link, logger, deadLetters },
    stream: workQueueStream({
      name: NATS.logsStream,
      subject: NATS.logsSubjects,
      bytesMax: options.logsBytesMax ?? 1024 * MIB,
      replicas,
    }),
    consumer: NATS.logsConsumer,
    subjectOf: logsSubject,
  });
  const usage = new NatsQueue({
    ...{ name: 'usage', link, logger, deadLetters },
    stream: workQueueStream({
      name: NATS.usageStream,
      subject: NATS.usageDeltaSubjects,
      bytesMax: 256 * MIB,
      replicas,
    }),
    consumer: NATS.usageConsumer,
    subjectOf: usageDeltaSubject,
  });
  return {
    signals: new NatsSignals(link, logger),
    ...{ bucket, logs, usage, deadLetters },
    isConnected: () => link.isConnected(),
    close: async () => {
      await Promise.all([logs.close(), usage.close()]);
      await link.close();
    },
  };
}
