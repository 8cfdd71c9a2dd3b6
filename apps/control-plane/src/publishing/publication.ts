import { setImmediate as yieldToLoop } from 'node:timers/promises';
import { CONFIG_FORMAT, type ConfigMessage } from '@portico/contracts';
import { applyChange, emptyIndex, type ConfigIndex } from '@portico/enforcement';
import { ConfigDigest, signMessage, unsealOrStandIn, verifyMessage } from '@portico/messaging';
import { gatewaySealingKeys, type WithPrevious } from '../vault/held-keys.ts';
import type { ReadRevision } from './config-reader.ts';

/** Signing takes some 30 µs; this many at a time keep the event loop free. */
const SIGNED_PER_TURN = 200;

/**
 * What the bucket holds, as far as this publisher knows: the digest nodes will compute, and the
 * compiled index that proves every revision enforceable before it is sent.
 */
export class Publication {
  #index: ConfigIndex = emptyIndex();
  readonly #digest = new ConfigDigest();

  constructor(private readonly keys: Pick<WithPrevious, 'keyring' | 'previousKeys'>) {}

  get revision(): number {
    return this.#index.revision;
  }

  get digest(): string {
    return this.#digest.root();
  }

  /** Throws `ConfigError`, and has changed nothing, when nodes could not enforce the result. */
  apply(read: ReadRevision): Map<string, string | null> {
    // As nodes do: one secret nobody can open must not keep every other change from them. That there
    // is one is said by `KeyRotation`.
    const material = { unseal: unsealOrStandIn(gatewaySealingKeys(this.keys), () => undefined) };
    this.#index = applyChange(this.#index, read, material);
    const news = new Map<string, string | null>();
    for (const [key, body] of read.values) {
      const isKnown = body === null ? !this.#digest.has(key) : this.#digest.holds(key, body);
      if (isKnown) continue;
      this.#digest.set(key, body);
      news.set(key, body);
    }
    return news;
  }

  /** False for what was signed with the key before: nodes are about to stop accepting it. */
  isSignedNow(message: ConfigMessage): boolean {
    return verifyMessage(message, this.keys.keyring.signing.publicKey);
  }

  /** One revision, ready to send: its resources, then the meta that makes them count. */
  async messages(values: ReadonlyMap<string, string | null>): Promise<ConfigMessage[]> {
    const messages: ConfigMessage[] = [];
    for (const [key, body] of values) {
      messages.push(this.#sign({ key, body, last: false }));
      if (messages.length % SIGNED_PER_TURN === 0) await yieldToLoop();
    }
    const meta = JSON.stringify({
      format: CONFIG_FORMAT,
      revision: this.revision,
      digest: this.digest,
      keys: this.#digest.size,
      published_at: new Date().toISOString(),
    });
    return [...messages, this.#sign({ key: 'meta', body: meta, last: true })];
  }

  #sign(part: Pick<ConfigMessage, 'key' | 'body' | 'last'>): ConfigMessage {
    const message = { format: CONFIG_FORMAT, revision: this.revision, ...part };
    return signMessage(message, this.keys.keyring.signing.privateKey);
  }
}
