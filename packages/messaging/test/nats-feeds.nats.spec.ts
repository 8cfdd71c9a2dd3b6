import { describe } from '@jest/globals';
import { connect } from '@nats-io/transport-node';
import { Kvm } from '@nats-io/kv';
import { NATS } from '@portico/contracts';
import { startNats } from '@portico/testkit';
import { connectNats } from '../src/index.ts';
import type { Feeds } from '../src/ports.ts';
import { feedContract, keyring, QUEUE_BYTES_MAX, type FeedWorld } from './feed-contract.ts';
import { quietLogger } from './recorder.ts';

describe('feeds over NATS', () => feedContract(startWorld));

async function startWorld(): Promise<FeedWorld> {
  const server = await startNats();
  const raw = await connect({ servers: server.url });
  const bucket = await new Kvm(raw).create(NATS.configBucket, { history: 1 });
  const opened: Feeds[] = [];
  return {
    connect: async () => {
      const feeds = await connectNats({
        servers: server.url,
        name: `test-${opened.length}`,
        logger: quietLogger,
        verifyKey: keyring.signing.publicKey,
        logsBytesMax: QUEUE_BYTES_MAX,
      });
      opened.push(feeds);
      return feeds;
    },
    writeRaw: async (key, text) => {
      await bucket.put(key, text);
    },
    keysInBucket: async () => {
      const keys: string[] = [];
      for await (const key of await bucket.keys()) keys.push(key);
      return keys;
    },
    stop: async () => {
      await Promise.all(opened.map((feeds) => feeds.close()));
      await raw.close();
      await server.stop();
    },
  };
}
