import type { ConfigMessage, ConfigMeta } from '@portico/contracts';
import type { ConfigFault, RevisionChange } from '../ports.ts';
import { ConfigDigest } from './config-digest.ts';
import { META_KEY, readConfigMessage, readMeta } from './read-message.ts';

/** What one message led to. */
export type Assembly =
  /** Nothing to tell: a part of a revision, or something already known. */
  | { readonly kind: 'waiting' }
  | { readonly kind: 'revision'; readonly change: RevisionChange }
  /** What was handed out last is still the newest. */
  | { readonly kind: 'current'; readonly revision: number }
  | { readonly kind: 'fault'; readonly fault: ConfigFault }
  /** What is known here does not lead to the newest revision: read the bucket from its beginning. */
  | { readonly kind: 'replay'; readonly fault?: ConfigFault };

const WAITING: Assembly = { kind: 'waiting' };

interface Part {
  readonly revision: number;
  readonly body: string | null;
}

/**
 * Turns messages of the config bucket into whole revisions. Whatever is lost, doubled, reordered,
 * forged or cut off, the only thing that ever comes out is a state whose digest is that of a meta
 * message. No I/O: the caller delivers messages, and replays when it is told to.
 *
 * - **replaying**: parts of the complete state are collected, from `beginReplay` until a meta fits.
 *   Only the meta's signature is checked then: its digest vouches for every part.
 * - **following**: parts of the next revision are collected until its meta fits; each is verified.
 */
export class RevisionAssembler {
  readonly #verify: (message: ConfigMessage) => boolean;
  /** Newest part per key that is not in force yet. */
  #parts = new Map<string, Part>();
  /** What is in force while following; what was collected so far while replaying. */
  #digest = new ConfigDigest();
  #mode: 'replaying' | 'following' = 'replaying';
  #isReplayRead = false;
  #meta: ConfigMeta | undefined;
  /** Highest revision that was handed out: an older meta never takes a node back. */
  #revision = -1;
  /** Digest of that revision; unknown when the node refused it. */
  #acceptedDigest: string | undefined;
  #mustReplay = false;

  constructor(verify: (message: ConfigMessage) => boolean) {
    this.#verify = verify;
  }

  get revision(): number {
    return this.#revision;
  }

  /** Forgets what is not in force; what follows is the bucket from its beginning. */
  beginReplay(): void {
    this.#mode = 'replaying';
    this.#isReplayRead = false;
    this.#parts = new Map();
    this.#digest = new ConfigDigest();
    this.#meta = undefined;
    this.#mustReplay = false;
  }

  /** All that was in the bucket when the replay began has been accepted. */
  endReplay(): Assembly {
    if (this.#mode !== 'replaying') return WAITING;
    this.#isReplayRead = true;
    const meta = this.#meta;
    if (meta === undefined || this.#completes(meta)) return this.#outcome(meta);
    // Usually a revision that is being written right now: its meta is on its way, no need to replay.
    return fault(mismatchOf(meta));
  }

  /** The node refused the last change, so no difference to it means anything: the next is complete. */
  refused(): void {
    this.#mustReplay = true;
    this.#acceptedDigest = undefined;
  }

  accept(key: string, text: string): Assembly {
    const read = readConfigMessage(key, text);
    if (!read.ok) return fault(read.fault);
    const message = read.value;
    const isVouchedFor = this.#mode === 'replaying' && !this.#isReplayRead && key !== META_KEY;
    if (!isVouchedFor && !this.#verify(message)) return fault({ kind: 'bad_signature', key });
    return key === META_KEY ? this.#acceptMeta(message) : this.#acceptPart(message);
  }

  #acceptPart({ key, revision, body }: ConfigMessage): Assembly {
    const known = this.#parts.get(key);
    if (known !== undefined && known.revision > revision) return WAITING;
    if (this.#mode === 'following' && revision < this.#revision) return WAITING;
    this.#parts.set(key, { revision, body });
    // Hashing as parts come in spreads the work of a long replay over its duration.
    if (this.#mode === 'replaying') this.#digest.set(key, body);
    return WAITING;
  }

  #acceptMeta(message: ConfigMessage): Assembly {
    const read = readMeta(message);
    if (!read.ok) return fault(read.fault);
    const meta = read.value;
    if (meta.revision < this.#revision) return WAITING;
    return this.#mode === 'replaying' ? this.#metaInReplay(meta) : this.#metaWhileFollowing(meta);
  }

  #metaInReplay(meta: ConfigMeta): Assembly {
    if (this.#meta === undefined || meta.revision >= this.#meta.revision) this.#meta = meta;
    if (!this.#isReplayRead) return WAITING;
    return this.#completes(meta)
      ? this.#outcome(meta)
      : { kind: 'replay', fault: mismatchOf(meta) };
  }

  #metaWhileFollowing(meta: ConfigMeta): Assembly {
    if (this.#mustReplay) return { kind: 'replay' };
    const values = new Map<string, string | null>();
    for (const [key, part] of this.#parts) {
      if (part.revision > meta.revision) continue;
      this.#parts.delete(key);
      if (!this.#isNews(key, part.body)) continue;
      values.set(key, part.body);
      this.#digest.set(key, part.body);
    }
    if (!this.#completes(meta)) return { kind: 'replay', fault: mismatchOf(meta) };
    if (this.#isInForce(meta)) return { kind: 'current', revision: meta.revision };
    return this.#handOut(meta, { complete: false, values });
  }

  #isNews(key: string, body: string | null): boolean {
    return body === null ? this.#digest.has(key) : !this.#digest.holds(key, body);
  }

  #completes(meta: ConfigMeta): boolean {
    return this.#digest.size === meta.keys && this.#digest.root() === meta.digest;
  }

  #isInForce(meta: ConfigMeta): boolean {
    return meta.revision === this.#revision && meta.digest === this.#acceptedDigest;
  }

  /** A replay that adds up becomes what is in force. */
  #outcome(meta: ConfigMeta | undefined): Assembly {
    if (meta === undefined) return WAITING;
    const parts = this.#parts;
    this.#mode = 'following';
    this.#parts = new Map();
    this.#meta = undefined;
    // After a short absence a replay often finds what the node already runs.
    if (this.#isInForce(meta)) return { kind: 'current', revision: meta.revision };
    const values = new Map<string, string | null>();
    for (const [key, { body }] of parts) if (body !== null) values.set(key, body);
    return this.#handOut(meta, { complete: true, values });
  }

  #handOut(meta: ConfigMeta, change: Pick<RevisionChange, 'complete' | 'values'>): Assembly {
    this.#revision = meta.revision;
    this.#acceptedDigest = meta.digest;
    const publishedAtMs = Date.parse(meta.published_at);
    return { kind: 'revision', change: { revision: meta.revision, publishedAtMs, ...change } };
  }
}

const fault = (what: ConfigFault): Assembly => ({ kind: 'fault', fault: what });

const mismatchOf = (meta: ConfigMeta): ConfigFault => ({
  kind: 'digest_mismatch',
  revision: meta.revision,
});
