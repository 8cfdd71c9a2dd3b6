import { describe, expect, it } from '@jest/globals';
import { CONFIG_FORMAT, type ConfigMessage } from '@portico/contracts';
import fc from 'fast-check';
import { deriveKeyring } from '../keys/keyring.ts';
import { verifyMessage } from '../keys/signing.ts';
import { RecordingNode } from '../../test/recorder.ts';
import { Revisions } from '../../test/revisions.ts';
import { RevisionAssembler, type Assembly } from './revision-assembler.ts';

const { privateKey, publicKey } = deriveKeyring('the master key of the assembler').signing;
const verify = (message: ConfigMessage): boolean => verifyMessage(message, publicKey);

type Text = readonly [key: string, text: string];
const textOf = (message: ConfigMessage): Text => [message.key, JSON.stringify(message)];

/** A node behind an assembler, and the bucket it replays from. */
class Follower {
  readonly assembler = new RevisionAssembler(verify);
  readonly node = new RecordingNode();

  /** `isRead` false = the transport was cut off in the middle. */
  replay(bucket: readonly Text[], isRead = true): void {
    this.assembler.beginReplay();
    for (const [key, text] of bucket) this.#take(this.assembler.accept(key, text));
    if (isRead) this.#take(this.assembler.endReplay());
  }

  /** True when the assembler asks for a replay. */
  accept([key, text]: Text): boolean {
    return this.#take(this.assembler.accept(key, text));
  }

  #take(assembly: Assembly): boolean {
    if (assembly.kind === 'revision') this.node.onRevision(assembly.change);
    if (assembly.kind === 'current') this.node.onCurrent(assembly.revision);
    if (assembly.kind === 'fault') this.node.onFault(assembly.fault);
    return assembly.kind === 'replay';
  }
}

/** The last value of every key, in the order of writing: what a bucket of history 1 holds. */
function bucketAfter(writes: readonly Text[]): Text[] {
  const bucket = new Map<string, Text>();
  for (const write of writes) {
    bucket.delete(write[0]);
    bucket.set(write[0], write);
  }
  return [...bucket.values()];
}

const key = fc.integer({ min: 0, max: 5 }).map((number) => `client.cl_${number}`);
const history = fc.array(
  fc.dictionary(key, fc.option(fc.stringMatching(/^[ab]?$/)), { minKeys: 1 }),
  {
    minLength: 1,
    maxLength: 8,
  },
);

/** What the network, a crash or an attacker does to one message. */
const mishap = fc.constantFrom(
  ...(['none', 'none', 'none', 'lost', 'doubled', 'late', 'forged', 'garbled', 'format'] as const),
);

function mangle(text: Text, what: string): Text[] {
  const message = JSON.parse(text[1]) as ConfigMessage;
  const put = (fields: object): Text => [text[0], JSON.stringify({ ...message, ...fields })];
  switch (what) {
    case 'lost':
      return [];
    case 'doubled':
      return [text, text];
    case 'forged':
      return [put({ body: '"forged"' })];
    case 'garbled':
      return [[text[0], text[1].slice(0, -5)]];
    case 'format':
      return [put({ format: CONFIG_FORMAT + 1, extra: true })];
    default:
      return [text];
  }
}

function delivered(writes: readonly Text[], mishaps: readonly string[]): Text[] {
  const late: Text[] = [];
  const inTime = writes.flatMap((text, index) => {
    const what = mishaps[index % mishaps.length] ?? 'none';
    if (what === 'late') late.push(text);
    return what === 'late' ? [] : mangle(text, what);
  });
  return [...inTime, ...late];
}

/** Every revision that was ever published, as text, by its number. */
function publish(changes: readonly Record<string, string | null>[]) {
  const revisions = new Revisions(privateKey);
  const writes: Text[] = [];
  const stateAt = new Map<number, string>();
  for (const change of changes) {
    writes.push(...revisions.next(change).map(textOf));
    stateAt.set(revisions.revision, stateText(revisions.state));
  }
  return { writes, stateAt, last: revisions.revision, revisions };
}

const stateText = (state: ReadonlyMap<string, string>): string => JSON.stringify([...state].sort());

/** Checks at every handed-out revision that the node's state is that revision's, whole. */
function expectWhole({ node }: Follower, stateAt: ReadonlyMap<number, string>): void {
  let state = new Map<string, string>();
  let revision = 0;
  for (const change of node.changes) {
    if (change.complete) state = new Map();
    for (const [name, body] of change.values) {
      if (body === null) state.delete(name);
      else state.set(name, body);
    }
    expect(change.revision).toBeGreaterThanOrEqual(revision);
    revision = change.revision;
    expect(stateText(state)).toBe(stateAt.get(revision));
  }
}

describe('the revision assembler', () => {
  it('hands out only whole revisions, whatever happens to messages on the way', () => {
    fc.assert(
      fc.property(
        history,
        fc.nat(),
        fc.array(mishap, { minLength: 1 }),
        (changes, cut, mishaps) => {
          const { writes, stateAt } = publish(changes);
          const from = cut % (writes.length + 1);
          const follower = new Follower();
          follower.replay(bucketAfter(writes.slice(0, from)));
          let written = writes.slice(0, from);
          for (const text of delivered(writes.slice(from), mishaps)) {
            written = [...written, text];
            if (follower.accept(text)) follower.replay(bucketAfter(written));
          }
          expectWhole(follower, stateAt);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('ends at the newest revision once the bucket is whole, whatever happened before', () => {
    fc.assert(
      fc.property(history, fc.array(mishap, { minLength: 1 }), (changes, mishaps) => {
        const { writes, stateAt, last } = publish(changes);
        const follower = new Follower();
        follower.replay([]);
        for (const text of delivered(writes, mishaps)) {
          if (follower.accept(text)) follower.replay(bucketAfter(writes));
        }
        follower.replay(bucketAfter(writes));
        expectWhole(follower, stateAt);
        expect(follower.node.revision).toBe(last);
        expect(stateText(follower.node.state)).toBe(stateAt.get(last));
      }),
    );
  });

  it('needs no replay when nothing happens to the messages', () => {
    fc.assert(
      fc.property(history, fc.nat(), (changes, cut) => {
        const { writes, stateAt, last } = publish(changes);
        const from = cut % (writes.length + 1);
        const follower = new Follower();
        follower.replay(bucketAfter(writes.slice(0, from)));
        for (const text of writes.slice(from)) expect(follower.accept(text)).toBe(false);
        expectWhole(follower, stateAt);
        expect(follower.node.revision).toBe(last);
      }),
    );
  });

  it('recovers from a replay that was cut off anywhere', () => {
    fc.assert(
      fc.property(history, fc.nat(), (changes, cut) => {
        const { writes, stateAt, last } = publish(changes);
        const bucket = bucketAfter(writes);
        const follower = new Follower();
        follower.replay(bucket.slice(0, cut % (bucket.length + 1)), false);
        expect(follower.node.changes).toEqual([]);
        follower.replay(bucket);
        expectWhole(follower, stateAt);
        expect(follower.node.revision).toBe(last);
      }),
    );
  });

  it('never widens a replay with a part that nobody signed', () => {
    const { writes } = publish([{ 'client.cl_0': '1' }]);
    const forger = new Revisions(deriveKeyring('the key of somebody else').signing.privateKey);
    const forged = forger.next({ 'client.cl_9': 'all access' }).map(textOf);
    const follower = new Follower();
    follower.replay([...forged.slice(0, 1), ...writes]);
    expect(follower.node.changes).toEqual([]);
    follower.replay([...writes.slice(0, 1), ...forged]);
    expect(follower.node.changes).toEqual([]);
    expect(follower.node.faultsOf('bad_signature')).toHaveLength(1);
  });

  it('confirms what the node runs by a replay that finds nothing else', () => {
    const { writes } = publish([{ 'client.cl_0': '1' }, { 'client.cl_1': '1' }]);
    const follower = new Follower();
    follower.replay(writes);
    follower.replay(bucketAfter(writes));
    expect(follower.node.changes).toHaveLength(1);
    expect(follower.node.confirmed).toEqual([2]);
  });

  it('confirms nothing by a bucket that went back, or of a revision that was refused', () => {
    const { writes } = publish([{ 'client.cl_0': '1' }, { 'client.cl_1': '1' }]);
    const follower = new Follower();
    follower.replay(writes);
    follower.replay(writes.slice(0, 2));
    follower.assembler.refused();
    follower.replay(writes);
    expect(follower.node.confirmed).toEqual([]);
  });

  it('hands out a revision again, complete, to a node that refused it', () => {
    const { writes } = publish([{ 'client.cl_0': '1' }]);
    const follower = new Follower();
    follower.replay(writes);
    follower.assembler.refused();
    follower.replay(writes);
    expect(follower.node.changes.map(({ complete }) => complete)).toEqual([true, true]);
  });

  it('needs no replay for parts that come late, again, or ahead of their revision', () => {
    const { writes, stateAt } = publish([
      { 'client.cl_0': '1', 'client.cl_1': '1' },
      { 'client.cl_0': '2' },
      { 'client.cl_1': '3' },
      { 'client.cl_0': '4', 'client.cl_1': '4' },
    ]);
    const [old0, old1, meta1, new0, meta2, new1, meta3, last0, last1, meta4] = writes;
    const follower = new Follower();
    follower.replay([old1!, new0!, meta2!]);
    const arriving = [
      ...[old0, meta1, meta2],
      ...[last0, new1, old1, meta3],
      ...[last1, new1, new0, meta3, meta4],
    ];
    for (const text of arriving) expect(follower.accept(text!)).toBe(false);
    expect(follower.node.changes.map(({ revision }) => revision)).toEqual([2, 3, 4]);
    expectWhole(follower, stateAt);
  });

  it('does not take a meta whose body says something else than its envelope', () => {
    const { revisions } = publish([{ 'client.cl_0': '1' }]);
    const follower = new Follower();
    follower.replay(revisions.everything().map(textOf));
    const { body } = revisions.meta();
    const lies: Partial<ConfigMessage>[] = [
      { key: 'meta', last: true, body, revision: 9 },
      { key: 'meta', last: false, body },
      { key: 'meta', last: true, body: null },
      { key: 'meta', last: true, body: '{"revision":1}' },
    ];
    for (const lie of lies) follower.accept(textOf(revisions.message(lie)));
    expect(follower.node.faultsOf('unreadable')).toHaveLength(4);
    expect(follower.node.revision).toBe(1);
  });
});
