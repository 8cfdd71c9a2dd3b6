import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { NATS } from '@portico/contracts';
import { connect } from '@nats-io/transport-node';
import { jetstreamManager } from '@nats-io/jetstream';
import { eventually, freePort, startNats } from '@portico/testkit';
import { connectNats, type Feeds } from '../src/index.ts';
import { keyring } from './feed-contract.ts';
import { quietLogger, RecordingNode, RecordingStore } from './recorder.ts';
import { Revisions } from './revisions.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'utf8');

describe('feeds over NATS that comes and goes', () => {
  let opened: Feeds[] = [];
  let stops: (() => Promise<void>)[] = [];
  let revisions: Revisions;
  let node: RecordingNode;
  beforeEach(() => {
    revisions = new Revisions(keyring.signing.privateKey);
    node = new RecordingNode();
  });
  afterEach(async () => {
    await Promise.all(opened.map((feeds) => feeds.close()));
    await Promise.all(stops.map((stop) => stop()));
    opened = [];
    stops = [];
  });

  async function server(args: string[] = []) {
    const nats = await startNats({ args });
    stops.push(() => nats.stop());
    return nats;
  }
  async function open(url: string, firstConnectWaitMs = 20_000): Promise<Feeds> {
    const feeds = await connectNats({
      servers: url,
      name: `test-${opened.length}`,
      logger: quietLogger,
      verifyKey: keyring.signing.publicKey,
      firstConnectWaitMs,
    });
    opened.push(feeds);
    return feeds;
  }
  const isAt = (revision: number, who = node): Promise<void> =>
    eventually(() => expect(who.revision).toBe(revision));
  const publishWhenPossible = (feeds: Feeds, messages = revisions.everything()): Promise<void> =>
    eventually(() => feeds.configPublisher.publish(messages));

  it('follow a bucket that is made only later', async () => {
    const nats = await server();
    const gateway = await open(nats.url);
    await gateway.config.follow(node);
    const control = await open(nats.url);
    expect(await control.configPublisher.readAll()).toEqual(new Map());
    await control.configPublisher.publish(revisions.next({ 'client.cl_a': '1' }));
    await isAt(1);
    expect(node.state).toEqual(revisions.state);
  });

  it('start while NATS is unreachable, say so, and begin once it is there', async () => {
    const port = await freePort();
    const url = `nats://127.0.0.1:${port}`;
    const gateway = await open(url, 50);
    const control = await open(url, 50);
    const beats: string[] = [];
    const store = new RecordingStore();
    expect(gateway.isConnected()).toBe(false);
    await gateway.config.follow(node);
    await control.configPublisher.onHeartbeat((beat) => beats.push(beat.node));
    await control.recordConsumer.consume(store.handle, { maxInFlight: 4 });
    await expect(gateway.records.publish('node-1', 'b', bytes('x'))).rejects.toThrow('connected');
    await expect(control.configPublisher.readAll()).rejects.toThrow('connected');
    await server(['-p', String(port)]);
    revisions.next({ 'client.cl_a': '1' });
    await publishWhenPossible(control);
    await isAt(1);
    await eventually(() => gateway.records.publish('node-1', 'b', bytes('x')));
    await eventually(() => expect(store.ids()).toEqual(['b']));
    await eventually(() => {
      gateway.config.beat(aBeat);
      expect(beats).toContain('node-1');
    });
  });

  it('go on where they were when NATS is killed and restarted in the middle', async () => {
    const nats = await server();
    const [control, gateway] = [await open(nats.url), await open(nats.url)];
    await gateway.config.follow(node);
    await control.configPublisher.publish(revisions.next({ 'client.cl_a': '1' }));
    await isAt(1);
    await nats.kill();
    await eventually(() => expect(node.faultsOf('disconnected')).toHaveLength(1));
    await eventually(() => expect(control.isConnected()).toBe(false));
    await expect(
      control.configPublisher.publish(revisions.next({ 'client.cl_b': '1' })),
    ).rejects.toThrow('connected');
    await nats.restart();
    await publishWhenPossible(control);
    await isAt(2);
    expect(node.state).toEqual(revisions.state);
    expect(node.faultsOf('reconnected')).toHaveLength(1);
    expect(node.faultsOf('digest_mismatch')).toEqual([]);
    await control.configPublisher.publish(revisions.next({ 'client.cl_a': null }));
    await isAt(3);
    expect(node.changes.map(({ complete }) => complete)).toEqual([true, false, false]);
  });

  it('recover when NATS comes back without its data', async () => {
    const nats = await server();
    const [control, gateway] = [await open(nats.url), await open(nats.url)];
    const store = new RecordingStore();
    await gateway.config.follow(node);
    await control.recordConsumer.consume(store.handle, { maxInFlight: 4 });
    for (const body of ['1', '2', '3']) {
      await control.configPublisher.publish(revisions.next({ 'client.cl_a': body }));
    }
    await gateway.records.publish('node-1', 'before', bytes('x'));
    await isAt(3);
    await eventually(() => expect(store.ids()).toEqual(['before']));
    await nats.stop();
    await server(['-p', String(nats.port)]);
    await publishWhenPossible(control, revisions.next({ 'client.cl_b': '1' }).slice(-1));
    await publishWhenPossible(control);
    await isAt(4);
    expect(node.state).toEqual(revisions.state);
    await eventually(() => gateway.records.publish('node-1', 'after', bytes('x')));
    await eventually(() => expect(store.ids()).toEqual(['before', 'after']));
  });

  it('lose no acknowledged batch and go on consuming when NATS is killed and restarted', async () => {
    const nats = await server();
    const [control, gateway] = [await open(nats.url), await open(nats.url)];
    for (const id of ['a', 'b']) await gateway.records.publish('node-1', id, bytes(id));
    await nats.kill();
    await nats.restart();
    const store = new RecordingStore();
    await control.recordConsumer.consume(store.handle, { maxInFlight: 1 });
    await eventually(() => expect(new Set(store.ids())).toEqual(new Set(['a', 'b'])));
    await nats.kill();
    await nats.restart();
    await eventually(() => gateway.records.publish('node-1', 'c', bytes('c')));
    await eventually(() => expect(store.ids()).toContain('c'));
  });

  it('notice a frozen NATS, and refuse what it cannot store', async () => {
    const nats = await server();
    const gateway = await open(nats.url);
    await gateway.records.publish('node-1', 'a', bytes('a'));
    nats.freeze();
    // The signal may arrive a moment after the first attempt; b is stored once either way.
    await eventually(() =>
      expect(gateway.records.publish('node-1', 'b', bytes('b'))).rejects.toThrow('not stored'),
    );
    await eventually(() => expect(gateway.isConnected()).toBe(false));
    nats.thaw();
    await eventually(() => gateway.records.publish('node-1', 'b', bytes('b')));
    const store = new RecordingStore();
    await gateway.recordConsumer.consume(store.handle, { maxInFlight: 4 });
    await eventually(() => expect(store.ids()).toEqual(['a', 'b']));
  });

  it('make a deleted stream anew', async () => {
    const nats = await server();
    const gateway = await open(nats.url);
    const store = new RecordingStore();
    await gateway.records.publish('node-1', 'a', bytes('a'));
    await gateway.recordConsumer.consume(store.handle, { maxInFlight: 4 });
    await eventually(() => expect(store.ids()).toEqual(['a']));
    const operator = await connect({ servers: nats.url });
    await (await jetstreamManager(operator)).streams.delete(NATS.logsStream);
    await operator.close();
    await eventually(() => gateway.records.publish('node-1', 'b', bytes('b')));
    await eventually(() => expect(store.ids()).toEqual(['a', 'b']));
  });

  it('sign in with the credentials in the URL, and keep trying when they are refused', async () => {
    const nats = await server(['--user', 'portico', '--pass', 'p@ss/word']);
    const address = `127.0.0.1:${nats.port}`;
    const known = await open(`nats://portico:${encodeURIComponent('p@ss/word')}@${address}`);
    const unknown = await open(`nats://portico:wrong@${address}`, 300);
    expect(known.isConnected()).toBe(true);
    expect(unknown.isConnected()).toBe(false);
    await known.records.publish('node-1', 'a', bytes('a'));
  });

  it('say at once that an address makes no sense', async () => {
    await expect(open('nats://:::')).rejects.toThrow('NATS_URL');
  });

  it('end promptly while NATS is frozen or was never there', async () => {
    const nats = await server();
    const [frozen, nowhere] = [await open(nats.url), await open('nats://127.0.0.1:1', 10)];
    for (const feeds of [frozen, nowhere]) {
      await feeds.config.follow(new RecordingNode());
      await feeds.recordConsumer.consume(new RecordingStore().handle, { maxInFlight: 2 });
    }
    nats.freeze();
    await Promise.all([frozen.close(), nowhere.close()]);
    nats.thaw();
  });
});

const aBeat = {
  ...{ format: 1 as const, node: 'node-1', version: '0.1.0', revision: 1, lag_ms: 0 },
  ...{ stale: false, stale_reason: null, draining: false, started_at_ms: 1, sent_at_ms: 1 },
  ...{ rps: 0, in_flight: 0, outbox_depth: 0, records_lost: 0 },
};
