import { describe } from '@jest/globals';
import { feedsOver } from '../src/feeds.ts';
import { localTransport } from '../src/in-process/in-process-feeds.ts';
import { feedContract, keyring, QUEUE_BYTES_MAX, type FeedWorld } from './feed-contract.ts';
import { quietLogger } from './recorder.ts';

describe('feeds in process', () => feedContract(startWorld));

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
