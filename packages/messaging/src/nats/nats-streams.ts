import {
  AckPolicy,
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  JetStreamApiCodes,
  JetStreamApiError,
  jetstreamManager,
  RetentionPolicy,
  StorageType,
  type ConsumerConfig,
  type JetStreamClient,
  type JetStreamManager,
  type JsMsg,
  type StreamConfig,
} from '@nats-io/jetstream';
import { nanos, type NatsConnection } from '@nats-io/transport-node';

export const API_TIMEOUT_MS = 5_000;
/** An unacknowledged batch is delivered again after this; handlers that take longer keep it alive. */
export const ACK_WAIT_MS = 30_000;
const DAY_MS = 24 * 3_600_000;
const DUPLICATE_WINDOW_MS = 5 * 60_000;

export const clientOf = (connection: NatsConnection): JetStreamClient =>
  jetstream(connection, { timeout: API_TIMEOUT_MS });

/** Does not ask the server whether JetStream is on: the first call will tell. */
export const managerOf = (connection: NatsConnection): Promise<JetStreamManager> =>
  jetstreamManager(connection, { checkAPI: false, timeout: API_TIMEOUT_MS });

type NamedStream = Partial<StreamConfig> & { name: string };

/** A queue that refuses what does not fit: dropping the oldest would lose records unnoticed. */
export const workQueueStream = (queue: {
  name: string;
  subject: string;
  bytesMax: number;
  replicas: number;
}): NamedStream => ({
  name: queue.name,
  subjects: [queue.subject],
  retention: RetentionPolicy.Workqueue,
  storage: StorageType.File,
  discard: DiscardPolicy.New,
  max_bytes: queue.bytesMax,
  max_age: nanos(7 * DAY_MS),
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  num_replicas: queue.replicas,
});

/** Kept for people to look at; the oldest make room. */
export const deadLetterStream = (stream: {
  name: string;
  subjects: string[];
  bytesMax: number;
  replicas: number;
}): NamedStream => ({
  name: stream.name,
  subjects: stream.subjects,
  retention: RetentionPolicy.Limits,
  storage: StorageType.File,
  discard: DiscardPolicy.Old,
  max_bytes: stream.bytesMax,
  max_age: nanos(30 * DAY_MS),
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  num_replicas: stream.replicas,
});

/** `max_deliver` stays off: giving up on a batch is the handler's decision, which parks it. */
export const workConsumer = (name: string): Partial<ConsumerConfig> => ({
  durable_name: name,
  ack_policy: AckPolicy.Explicit,
  deliver_policy: DeliverPolicy.All,
  ack_wait: nanos(ACK_WAIT_MS),
  max_deliver: -1,
  max_ack_pending: 1_000,
});

/** Made if missing. One that exists is left as it is: its operator may have tuned it. */
export async function ensureStream(manager: JetStreamManager, stream: NamedStream): Promise<void> {
  await ensure(
    () => manager.streams.info(stream.name),
    () => manager.streams.add(stream),
  );
}

export async function ensureConsumer(
  manager: JetStreamManager,
  stream: string,
  name: string,
): Promise<void> {
  await ensure(
    () => manager.consumers.info(stream, name),
    () => manager.consumers.add(stream, workConsumer(name)),
  );
}

async function ensure(look: () => Promise<unknown>, make: () => Promise<unknown>): Promise<void> {
  try {
    await look();
  } catch (err) {
    if (!isMissing(err)) throw err;
    await make().catch(async (failure: unknown) => {
      // Somebody else may have been first.
      await look().catch(() => {
        throw failure;
      });
    });
  }
}

export const isMissing = (err: unknown): boolean =>
  err instanceof JetStreamApiError &&
  (err.code === JetStreamApiCodes.StreamNotFound ||
    err.code === JetStreamApiCodes.ConsumerNotFound);

/**
 * What is in a stream right now, in order, until `accept` says enough. Rejects when the server goes
 * away in between: half a stream must not pass for all of it.
 */
export async function readStream(
  connection: NatsConnection,
  stream: string,
  accept: (message: JsMsg) => 'more' | 'enough',
): Promise<void> {
  const consumer = await clientOf(connection).consumers.get(stream, {
    deliver_policy: DeliverPolicy.All,
  });
  if ((await consumer.info(true)).num_pending === 0) return;
  const done = Promise.withResolvers<void>();
  const messages = await consumer.consume({
    max_messages: 1_000,
    idle_heartbeat: API_TIMEOUT_MS / 2,
    callback: (message) => {
      if (accept(message) === 'enough' || message.info.pending === 0) done.resolve();
    },
  });
  void messages.closed().then(() => done.reject(new Error(`Reading ${stream} was cut short`)));
  void failOnSilence(messages, done.reject);
  await done.promise.finally(() => messages.close());
  await consumer.delete().catch(() => undefined);
}

async function failOnSilence(
  messages: { status(): AsyncIterable<{ type: string }> },
  fail: (err: Error) => void,
): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === 'heartbeats_missed') fail(new Error('NATS fell silent'));
  }
}
