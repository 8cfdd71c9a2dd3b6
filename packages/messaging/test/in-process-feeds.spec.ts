import { describe, expect, it } from '@jest/globals';
import { feedsOver } from '../src/feeds.ts';
import { localTransport } from '../src/in-process/in-process-feeds.ts';
import { feedContract, keyring, QUEUE_BYTES_MAX, type FeedWorld } from './feed-contract.ts';
import { quietLogger, RecordingStore } from './recorder.ts';

describe('feeds in process', () => {
  feedContract(startWorld);

  it('hands the last consumer what waits when it stops, for it ends with the process', async () => {
    const feeds = await (await startWorld()).connect();
    const store = new RecordingStore();
    const consumer = await feeds.recordConsumer.consume(store.handle, {
      maxInFlight: 2,
    });
    const ids = ['a', 'b', 'c', 'd', 'e'];
    for (const id of ids) await feeds.records.publish('node-1', id, Buffer.from(id));
    await consumer.stop();
    expect(store.ids()).toEqual(ids);
    await feeds.close();
  });
});

function startWorld(): Promise<FeedWorld> {
  const options = { logger: quietLogger, verifyKey: keyring.signing.publicKey };
  const transport = localTransport({ ...options, queueBytesMax: QUEUE_BYTES_MAX });
  return Promise.resolve({
    connect: () => Promise.resolve(feedsOver(transport, options)),
    writeRaw: async (key, text) => {
      await transport.bucket.put([{ key, text }]);
    },
    keysInBucket: async () => (await transport.bucket.readAll()).map(({ key }) => key),
    stop: () => transport.close(),
  });
}
