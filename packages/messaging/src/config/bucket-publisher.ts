import type { ConfigMessage } from '@portico/contracts';
import type { Bucket, FeedLogger } from '../transport.ts';
import { META_KEY, readConfigMessage } from './read-message.ts';

/**
 * Writes revisions into the bucket: the parts, then, once all of them are stored, the meta that makes
 * them count. One call at a time, so two revisions never mix.
 */
export class BucketPublisher {
  readonly #bucket: Bucket;
  readonly #logger: FeedLogger;
  #last: Promise<unknown> = Promise.resolve();

  constructor(bucket: Bucket, logger: FeedLogger) {
    this.#bucket = bucket;
    this.#logger = logger;
  }

  publish(messages: readonly ConfigMessage[]): Promise<void> {
    const publication = this.#last.then(() => this.#publishNow(messages));
    this.#last = publication.catch(() => undefined);
    return publication;
  }

  async #publishNow(messages: readonly ConfigMessage[]): Promise<void> {
    const parts = messages.slice(0, -1);
    const meta = messages.at(-1);
    if (meta?.key !== META_KEY || !meta.last || parts.some(({ key }) => key === META_KEY)) {
      throw new Error('A revision ends with its one meta message');
    }
    const sequences = await this.#bucket.put(parts.map(toEntry));
    await this.#bucket.put([toEntry(meta)]);
    const tombstones = parts.flatMap(({ key, body }, index) =>
      body === null ? [{ key, sequence: sequences[index]! }] : [],
    );
    await this.#removeQuietly(tombstones);
  }

  async readAll(): Promise<ReadonlyMap<string, ConfigMessage>> {
    const messages = new Map<string, ConfigMessage>();
    const entries = await this.#bucket.readAll();
    for (const { key, text } of entries) {
      const read = readConfigMessage(key, text);
      // What cannot be read counts as missing, so that the reconcile tick writes it anew.
      if (read.ok) messages.set(key, read.value);
      else this.#logger.warn({ fault: read.fault }, 'Unreadable entry in the config bucket');
    }
    const revision = messages.get(META_KEY)?.revision ?? -1;
    const leftOver = entries.filter(({ key }) => isTombstone(messages.get(key), revision));
    await this.#removeQuietly(leftOver);
    for (const { key } of leftOver) messages.delete(key);
    return messages;
  }

  /** The revision is out: a tombstone that stays behind costs a few bytes until the next `readAll`. */
  async #removeQuietly(entries: Parameters<Bucket['remove']>[0]): Promise<void> {
    try {
      await this.#bucket.remove(entries);
    } catch (err) {
      this.#logger.warn({ err }, 'Removed resources are still in the config bucket');
    }
  }
}

const toEntry = (message: ConfigMessage): { key: string; text: string } => ({
  key: message.key,
  text: JSON.stringify(message),
});

const isTombstone = (message: ConfigMessage | undefined, revision: number): boolean =>
  message !== undefined && message.body === null && message.revision <= revision;
