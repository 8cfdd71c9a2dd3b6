import { setTimeout as later } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Heartbeat, UsageReport } from '@portico/contracts';
import { eventually } from '@portico/testkit';
import { deriveKeyring } from '../src/keys/keyring.ts';
import type { Feeds } from '../src/ports.ts';
import { RecordingNode, RecordingStore } from './recorder.ts';
import { Revisions } from './revisions.ts';

/** A transport under test, as several processes see it. */
export interface FeedWorld {
  /** The feeds of one more process; closed with the world. */
  connect(): Promise<Feeds>;
  /** Writes to the config bucket as somebody who is not the publisher. */
  writeRaw(key: string, text: string): Promise<void>;
  keysInBucket(): Promise<readonly string[]>;
  stop(): Promise<void>;
}

export const QUEUE_BYTES_MAX = 64 * 1024;
export const keyring = deriveKeyring('the master key of the contract suite');

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

/** What every transport promises. */
export function feedContract(startWorld: () => Promise<FeedWorld>): void {
  let world: FeedWorld;
  let control: Feeds;
  let gateway: Feeds;
  beforeEach(async () => {
    world = await startWorld();
    control = await world.connect();
    gateway = await world.connect();
  });
  afterEach(() => world.stop());

  describe('the config feed', () => {
    let revisions: Revisions;
    let node: RecordingNode;
    beforeEach(() => {
      revisions = new Revisions(keyring.signing.privateKey);
      node = new RecordingNode();
    });
    const publish = (changes: Record<string, string | null>): Promise<void> =>
      control.configPublisher.publish(revisions.next(changes));
    const isAt = (revision: number, who = node): Promise<void> =>
      eventually(() => expect(who.revision).toBe(revision));

    it('gives a late follower everything at once, as one complete revision', async () => {
      await publish({ 'client.cl_a': '1', 'policy.pol_a': '1' });
      await publish({ 'client.cl_a': '2', 'client.cl_b': '1' });
      await gateway.config.follow(node);
      await isAt(2);
      expect(node.changes).toHaveLength(1);
      expect(node.changes[0]?.complete).toBe(true);
      expect(node.changes[0]?.publishedAtMs).toBe(Date.parse('2026-11-21T12:00:00.000Z'));
      expect(node.state).toEqual(revisions.state);
    });

    it('gives a follower only what changed, once for every revision', async () => {
      await gateway.config.follow(node);
      await publish({ 'client.cl_a': '1', 'client.cl_b': '1' });
      await isAt(1);
      await publish({ 'client.cl_b': '2' });
      await publish({ 'collection.coll_a': '1' });
      await isAt(3);
      expect(node.changes.slice(-2).map(({ complete, values }) => [complete, [...values]])).toEqual(
        [
          [false, [['client.cl_b', '2']]],
          [false, [['collection.coll_a', '1']]],
        ],
      );
      expect(node.state).toEqual(revisions.state);
    });

    it('takes a removed resource away and then out of the bucket', async () => {
      await publish({ 'client.cl_a': '1', 'client.cl_b': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      await publish({ 'client.cl_a': null });
      await isAt(2);
      expect(node.changes.at(-1)?.values).toEqual(new Map([['client.cl_a', null]]));
      await eventually(async () =>
        expect([...(await world.keysInBucket())].sort()).toEqual(['client.cl_b', 'meta']),
      );
      const late = new RecordingNode();
      await gateway.config.follow(late);
      await isAt(2, late);
      expect(late.state).toEqual(revisions.state);
    });

    it('brings every follower to the same state', async () => {
      const others = [new RecordingNode(), new RecordingNode()];
      await gateway.config.follow(node);
      for (const other of others) await control.config.follow(other);
      await publish({ 'client.cl_a': '1' });
      await publish({ 'client.cl_a': '2' });
      for (const who of [node, ...others]) {
        await isAt(2, who);
        expect(who.state).toEqual(revisions.state);
      }
    });

    it('gives nothing of a half-written revision until its meta is there', async () => {
      await publish({ 'client.cl_a': '1', 'client.cl_b': '1' });
      const half = revisions.next({ 'client.cl_a': '2', 'client.cl_b': '2' });
      await world.writeRaw('client.cl_a', JSON.stringify(half[0]));
      await gateway.config.follow(node);
      await eventually(() => expect(node.faultsOf('digest_mismatch')).toHaveLength(1));
      expect(node.changes).toEqual([]);
      await control.configPublisher.publish(half.slice(1));
      await isAt(2);
      expect(node.changes).toHaveLength(1);
      expect(node.state).toEqual(revisions.state);
    });

    it('goes on from a half-written revision when a new publisher finishes it', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      const half = revisions.next({ 'client.cl_a': '2', 'client.cl_b': '2' });
      await world.writeRaw('client.cl_a', JSON.stringify(half[0]));
      await control.configPublisher.publish(half.slice(1));
      await isAt(2);
      expect(node.faults).toEqual([]);
      expect(node.state).toEqual(revisions.state);
    });

    it('reports a forged message and goes on with what is genuine', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      const forger = new Revisions(deriveKeyring('the key of somebody else').signing.privateKey);
      const forged = forger.next({ 'client.cl_evil': '{}' });
      for (const message of forged) await world.writeRaw(message.key, JSON.stringify(message));
      await eventually(() =>
        expect(node.faultsOf('bad_signature').map(({ key }) => key)).toEqual([
          'client.cl_evil',
          'meta',
        ]),
      );
      await publish({ 'client.cl_a': '2' });
      await isAt(2);
      expect(node.state).toEqual(revisions.state);
    });

    it('keeps what it has when it meets a format it does not know, and says so', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      await world.writeRaw('meta', JSON.stringify({ ...revisions.meta(), format: 99, more: true }));
      await eventually(() => expect(node.faults).toEqual([{ kind: 'unknown_format', format: 99 }]));
      await publish({ 'client.cl_a': '2' });
      await isAt(2);
    });

    it('reports what it cannot read and survives it', async () => {
      await gateway.config.follow(node);
      const moved = revisions.message({ key: 'client.cl_a' });
      await publish({ 'client.cl_a': '1' });
      await isAt(1);
      await world.writeRaw('client.cl_x', 'not json');
      await world.writeRaw('client.cl_y', '{"format":1}');
      await world.writeRaw('client.cl_z', JSON.stringify(moved));
      await eventually(() =>
        expect(node.faultsOf('unreadable').map(({ key }) => key)).toEqual([
          'client.cl_x',
          'client.cl_y',
          'client.cl_z',
        ]),
      );
      await publish({ 'client.cl_a': '2' });
      await isAt(2);
    });

    it('replays when a part is missing, and recovers once the bucket is repaired', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      const [, meta] = revisions.next({ 'client.cl_lost': '1' });
      await world.writeRaw('meta', JSON.stringify(meta));
      await eventually(() => expect(node.faultsOf('digest_mismatch').length).toBeGreaterThan(0));
      expect(node.revision).toBe(1);
      await control.configPublisher.publish(revisions.everything());
      await isAt(2);
      expect(node.state).toEqual(revisions.state);
    });

    it('tells a node that met a fault when what it has is the newest after all', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      await world.writeRaw('client.cl_a', 'not json');
      await eventually(() => expect(node.faultsOf('unreadable')).toHaveLength(1));
      expect(node.confirmed).toEqual([]);
      await control.configPublisher.publish(revisions.everything());
      await eventually(() => expect(node.confirmed).toEqual([1]));
      expect(node.changes).toHaveLength(1);
    });

    it('gives a node that refused a revision the complete next one', async () => {
      await publish({ 'client.cl_a': '1' });
      await gateway.config.follow(node);
      await isAt(1);
      node.refuseNext = true;
      await publish({ 'client.cl_b': 'refused' });
      await eventually(() => expect(node.refuseNext).toBe(false));
      await publish({ 'client.cl_b': 'better' });
      await isAt(3);
      expect(node.changes.at(-1)?.complete).toBe(true);
      expect(node.state).toEqual(revisions.state);
    });

    it('never takes a node back to an older revision', async () => {
      const first = revisions.next({ 'client.cl_a': '1' });
      await control.configPublisher.publish(first);
      await publish({ 'client.cl_a': '2' });
      await gateway.config.follow(node);
      await isAt(2);
      for (const message of first) await world.writeRaw(message.key, JSON.stringify(message));
      await publish({ 'client.cl_a': '3' });
      await isAt(3);
      expect(node.changes.map(({ revision }) => revision)).toEqual([2, 3]);
    });

    it('refuses to publish a revision that does not end with its meta', async () => {
      const [part, meta] = revisions.next({ 'client.cl_a': '1' });
      for (const messages of [[], [part!], [meta!, part!], [meta!, meta!]]) {
        await expect(control.configPublisher.publish(messages)).rejects.toThrow('meta');
      }
      expect(await world.keysInBucket()).toEqual([]);
    });

    it('lets a publisher read back what is in the bucket, without what cannot be read', async () => {
      expect(await control.configPublisher.readAll()).toEqual(new Map());
      const messages = revisions.next({ 'client.cl_a': '1', 'client.cl_b': '2' });
      await control.configPublisher.publish(messages);
      await world.writeRaw('client.cl_c', 'not json');
      const all = await control.configPublisher.readAll();
      expect(all).toEqual(new Map(messages.map((message) => [message.key, message])));
    });

    it('tells a stopped follower nothing more', async () => {
      const subscription = await gateway.config.follow(node);
      await publish({ 'client.cl_a': '1' });
      await isAt(1);
      await subscription.stop();
      await subscription.stop();
      const witness = new RecordingNode();
      await gateway.config.follow(witness);
      await publish({ 'client.cl_a': '2' });
      await isAt(2, witness);
      expect(node.revision).toBe(1);
    });

    it('carries heartbeats, and drops what is not one', async () => {
      const beats: Heartbeat[] = [];
      const subscription = await control.configPublisher.onHeartbeat((beat) => beats.push(beat));
      gateway.config.beat({ ...aHeartbeat('node.with a strange*name'), rps: 'many' as never });
      gateway.config.beat(aHeartbeat('node.with a strange*name'));
      await eventually(() => expect(beats).toEqual([aHeartbeat('node.with a strange*name')]));
      await subscription.stop();
    });
  });

  describe('the record feed', () => {
    const inOrder = (ids: readonly string[]): string[] => [...ids].sort();
    const consume = (store: RecordingStore, maxInFlight = 8) =>
      control.recordConsumer.consume(store.handle, { maxInFlight });

    it('delivers a batch once, byte for byte, whether published before or after', async () => {
      const store = new RecordingStore();
      await gateway.records.publish('node-1', 'early', bytes('früh'));
      await consume(store);
      await gateway.records.publish('node.2 *', 'late', bytes('spät'));
      await eventually(() => expect(store.seen).toHaveLength(2));
      expect(store.seen).toEqual([
        { batchId: 'early', attempt: 1, text: 'früh' },
        { batchId: 'late', attempt: 1, text: 'spät' },
      ]);
    });

    it('stores a batch once however often it is published', async () => {
      const store = new RecordingStore();
      await gateway.records.publish('node-1', 'same', bytes('a'));
      await gateway.records.publish('node-1', 'same', bytes('a'));
      await consume(store);
      await gateway.records.publish('node-1', 'same', bytes('a'));
      await gateway.records.publish('node-1', 'other', bytes('b'));
      await eventually(() => expect(inOrder(store.ids())).toEqual(['other', 'same']));
    });

    it('delivers again what was to be retried, and counts the attempts', async () => {
      const store = new RecordingStore((batch) => {
        if (batch.attempt < 3) batch.retry(10);
        else batch.ack();
      });
      await consume(store);
      await gateway.records.publish('node-1', 'b', bytes('x'));
      await eventually(() => expect(store.seen.map(({ attempt }) => attempt)).toEqual([1, 2, 3]));
    });

    it.each([
      ['throws', () => Promise.reject(new Error('the store is away'))],
      ['says nothing', () => Promise.resolve()],
    ])('delivers again after a handler that %s', async (_name, first) => {
      const store = new RecordingStore((batch) => (batch.attempt === 1 ? first() : batch.ack()));
      await consume(store);
      await gateway.records.publish('node-1', 'b', bytes('x'));
      await eventually(() => expect(store.seen.map(({ attempt }) => attempt)).toEqual([1, 2]));
    });

    it('keeps to the first verdict', async () => {
      const store = new RecordingStore(async (batch) => {
        batch.ack();
        batch.retry(0);
        await batch.park('too late');
      });
      await consume(store);
      await gateway.records.publish('node-1', 'first', bytes('x'));
      await gateway.records.publish('node-1', 'second', bytes('x'));
      await eventually(() => expect(store.ids()).toEqual(['first', 'second']));
      expect(await control.deadLetters.list(10)).toEqual([]);
    });

    it('parks a batch with its reason, and never delivers it again', async () => {
      const store = new RecordingStore((batch) =>
        batch.batchId === 'poison' ? batch.park('not msgpack:\nsee above') : batch.ack(),
      );
      await consume(store);
      await gateway.records.publish('node-1', 'poison', bytes('?'));
      await gateway.records.publish('node-1', 'good', bytes('x'));
      await eventually(() => expect(store.ids()).toEqual(['poison', 'good']));
      await eventually(async () => expect(await control.deadLetters.list(10)).toHaveLength(1));
      const [parked] = await control.deadLetters.list(10);
      expect(parked).toMatchObject({ batchId: 'poison', from: 'logs' });
      expect(parked?.reason).toMatch(/^not msgpack:\s+see above$/);
      expect(Buffer.from(parked!.payload).toString()).toBe('?');
    });

    it('never has more batches in hand than asked for, and gets through all of them', async () => {
      const three = Promise.withResolvers<void>();
      const store = new RecordingStore(async (batch) => {
        if (store.handling === 3) three.resolve();
        await three.promise;
        await later(5);
        batch.ack();
      });
      const ids = Array.from({ length: 20 }, (_, index) => `batch-${index}`);
      for (const id of ids) await gateway.records.publish('node-1', id, bytes('x'));
      await consume(store, 3);
      await eventually(() => expect(inOrder(store.ids())).toEqual(inOrder(ids)));
      expect(store.handlingMax).toBe(3);
    });

    it('shares the batches among consumers', async () => {
      const stores = [new RecordingStore(), new RecordingStore()];
      const ids = Array.from({ length: 20 }, (_, index) => `batch-${index}`);
      for (const store of stores) await consume(store, 1);
      for (const id of ids) await gateway.records.publish('node-1', id, bytes('x'));
      await eventually(() => {
        expect(inOrder(stores.flatMap((store) => store.ids()))).toEqual(inOrder(ids));
      });
    });

    it('hands a stopped consumer nothing more, and waits for what it has in hand', async () => {
      const release = Promise.withResolvers<void>();
      const stopped = new RecordingStore(async (batch) => {
        await release.promise;
        batch.ack();
      });
      const subscription = await consume(stopped);
      await gateway.records.publish('node-1', 'in-hand', bytes('x'));
      await eventually(() => expect(stopped.handling).toBe(1));
      const stop = subscription.stop();
      try {
        // One question there and back, behind the stop: the server knows now that nobody listens here.
        await control.deadLetters.list(1);
        await gateway.records.publish('node-1', 'after', bytes('x'));
        const next = new RecordingStore();
        await consume(next);
        await eventually(() => expect(next.ids()).toEqual(['after']));
      } finally {
        release.resolve();
      }
      await stop;
      expect(stopped.handling).toBe(0);
      expect(stopped.ids()).toEqual(['in-hand']);
    });

    it('refuses a batch that does not fit any more, and takes it once there is room', async () => {
      const payload = Buffer.alloc(QUEUE_BYTES_MAX / 8);
      const published: string[] = [];
      const fill = async (): Promise<void> => {
        for (let index = 0; index < 16; index += 1) {
          await gateway.records.publish('node-1', `fill-${index}`, payload);
          published.push(`fill-${index}`);
        }
      };
      await expect(fill()).rejects.toThrow();
      expect(published.length).toBeGreaterThan(4);
      const store = new RecordingStore();
      await consume(store);
      await eventually(() => expect(store.ids()).toEqual(published));
      await eventually(() => gateway.records.publish('node-1', 'at last', payload));
      await eventually(() => expect(store.ids()).toContain('at last'));
    });
  });

  describe('the usage feed', () => {
    it('keeps deltas apart from records, and parks them apart', async () => {
      const deltas = new RecordingStore((batch) => batch.park('unreadable'));
      const records = new RecordingStore();
      await control.usage.consumeDeltas(deltas.handle, { maxInFlight: 4 });
      await control.recordConsumer.consume(records.handle, { maxInFlight: 4 });
      await gateway.usage.publishDelta('node-1', 'same-id', bytes('delta'));
      await gateway.records.publish('node-1', 'same-id', bytes('record'));
      await eventually(() => expect(records.seen.map(({ text }) => text)).toEqual(['record']));
      await eventually(() => expect(deltas.seen.map(({ text }) => text)).toEqual(['delta']));
      await eventually(async () => {
        const parked = await control.deadLetters.list(10);
        expect(parked.map(({ from, reason }) => [from, reason])).toEqual([['usage', 'unreadable']]);
      });
    });

    it('lets every node hear a hint', async () => {
      const heard: string[] = [];
      await control.usage.onHint((hint) => heard.push(`control ${hint.scope}`));
      await gateway.usage.onHint((hint) => heard.push(`gateway ${hint.scope}`));
      gateway.usage.hint({ format: 1, node: 'node-1', scope: 'client:cl_a', remaining: 3 });
      await eventually(() =>
        expect([...heard].sort()).toEqual(['control client:cl_a', 'gateway client:cl_a']),
      );
    });

    it('collects what every node knows of a scope, and leaves out who knows nothing', async () => {
      const others = [await world.connect(), await world.connect()];
      await gateway.usage.answerUsage((scope) => Promise.resolve(aReport('node-1', scope)));
      await others[0]!.usage.answerUsage((scope) => Promise.resolve(aReport('node-2', scope)));
      await others[1]!.usage.answerUsage(() => Promise.resolve(undefined));
      await eventually(async () => {
        const reports = await control.usage.askUsage('client:cl_a', 1_000);
        expect(reports.map(({ node }) => node).sort()).toEqual(['node-1', 'node-2']);
        expect(reports[0]).toEqual(aReport(reports[0]!.node, 'client:cl_a'));
      });
    });

    it('answers with what there is when a node fails, hangs, or nobody is there', async () => {
      expect(await control.usage.askUsage('client:cl_a', 200)).toEqual([]);
      await gateway.usage.answerUsage(() => Promise.reject(new Error('broken')));
      const other = await world.connect();
      const hung = Promise.withResolvers<undefined>();
      await other.usage.answerUsage(() => hung.promise);
      const another = await world.connect();
      await another.usage.answerUsage((scope) => Promise.resolve(aReport('node-3', scope)));
      await eventually(async () => {
        const reports = await control.usage.askUsage('client:cl_a', 300);
        expect(reports.map(({ node }) => node)).toEqual(['node-3']);
      });
      hung.resolve(undefined);
    });
  });

  it('says whether it is connected, and refuses to publish once closed', async () => {
    expect(gateway.isConnected()).toBe(true);
    await gateway.close();
    expect(gateway.isConnected()).toBe(false);
    await expect(gateway.records.publish('node-1', 'b', bytes('x'))).rejects.toThrow();
    await expect(gateway.usage.publishDelta('node-1', 'd', bytes('x'))).rejects.toThrow();
    gateway.config.beat(aHeartbeat('node-1'));
    gateway.usage.hint({ format: 1, node: 'node-1', scope: 'client:cl_a', remaining: 3 });
    expect(await gateway.usage.askUsage('client:cl_a', 50)).toEqual([]);
    await gateway.close();
  });
}

const aHeartbeat = (node: string): Heartbeat => ({
  format: 1,
  node,
  version: '0.1.0',
  revision: 1,
  lag_ms: 2,
  stale: false,
  stale_reason: null,
  draining: false,
  started_at_ms: 1,
  sent_at_ms: 2,
  rps: 0,
  in_flight: 0,
  outbox_depth: 0,
  records_lost: 0,
});

const aReport = (node: string, scope: string): UsageReport => ({
  format: 1,
  node,
  scope,
  limits: [{ name: '1m', kind: 'rate', limit: 10, used: 1, remaining: 9, resets_at_ms: 60_000 }],
  authoritative: false,
  as_of_ms: 1,
});
