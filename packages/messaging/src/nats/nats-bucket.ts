import type { JsMsg } from '@nats-io/jetstream';
import { Kvm } from '@nats-io/kv';
import { NATS } from '@portico/contracts';
import type { Subscription } from '../ports.ts';
import type { Bucket, BucketEntry, BucketReader, FeedLogger } from '../transport.ts';
import { BucketFollower } from './bucket-follower.ts';
import type { NatsLink } from './nats-link.ts';
import { API_TIMEOUT_MS, clientOf, isMissing, managerOf, readStream } from './nats-streams.ts';

export const BUCKET_STREAM = `KV_${NATS.configBucket}`;
const SUBJECT_PREFIX = `$KV.${NATS.configBucket}.`;
/** Writes on their way at a time: one after the other would take a round trip each. */
const PUT_WINDOW = 256;
const REMOVE_WINDOW = 32;

export interface NatsBucketOptions {
  readonly link: NatsLink;
  readonly logger: FeedLogger;
  readonly replicas: number;
}

/** The KV bucket `portico_config`, history 1: its stream holds the last value of every key. */
export class NatsBucket implements Bucket {
  readonly #options: NatsBucketOptions;
  #isMade: Promise<unknown> | undefined;

  constructor(options: NatsBucketOptions) {
    this.#options = options;
    // A server that was set up anew while it was away has no bucket.
    options.link.watch(() => (this.#isMade = undefined));
  }

  async put(entries: readonly Pick<BucketEntry, 'key' | 'text'>[]): Promise<readonly number[]> {
    const connection = this.#options.link.connected();
    await this.#ensure();
    const client = clientOf(connection);
    try {
      return await inWindows(entries, PUT_WINDOW, async ({ key, text }) => {
        const stored = await client.publish(`${SUBJECT_PREFIX}${key}`, text, {
          timeout: API_TIMEOUT_MS,
          expect: { streamName: BUCKET_STREAM },
        });
        return stored.seq;
      });
    } catch (cause) {
      this.#isMade = undefined;
      throw new Error('The configuration was not stored in NATS', { cause });
    }
  }

  async remove(entries: readonly Pick<BucketEntry, 'key' | 'sequence'>[]): Promise<void> {
    if (entries.length === 0) return;
    const manager = await managerOf(this.#options.link.connected());
    await inWindows(entries, REMOVE_WINDOW, ({ key, sequence }) =>
      manager.streams.purge(BUCKET_STREAM, {
        filter: `${SUBJECT_PREFIX}${key}`,
        seq: sequence + 1,
      }),
    );
  }

  async readAll(): Promise<readonly BucketEntry[]> {
    const connection = this.#options.link.connected();
    const entries = new Map<string, BucketEntry>();
    try {
      await readStream(connection, BUCKET_STREAM, (message) => {
        const entry = toEntry(message);
        entries.delete(entry.key);
        entries.set(entry.key, entry);
        return 'more';
      });
    } catch (err) {
      if (!isMissing(err)) throw err;
    }
    return [...entries.values()];
  }

  follow(reader: BucketReader): Subscription {
    const { link, logger } = this.#options;
    const follower = new BucketFollower({ link, logger, reader });
    return {
      stop: () => {
        follower.stop();
        return Promise.resolve();
      },
    };
  }

  #ensure(): Promise<unknown> {
    this.#isMade ??= this.#make().catch((err: unknown) => {
      this.#isMade = undefined;
      throw err;
    });
    return this.#isMade;
  }

  #make(): Promise<unknown> {
    const client = clientOf(this.#options.link.connected());
    return new Kvm(client).create(NATS.configBucket, {
      history: 1,
      replicas: this.#options.replicas,
    });
  }
}

export const toEntry = (message: JsMsg): BucketEntry => ({
  key: message.subject.slice(SUBJECT_PREFIX.length),
  sequence: message.seq,
  text: message.string(),
});

async function inWindows<T, R>(
  items: readonly T[],
  size: number,
  work: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  for (let start = 0; start < items.length; start += size) {
    results.push(...(await Promise.all(items.slice(start, start + size).map(work))));
  }
  return results;
}
