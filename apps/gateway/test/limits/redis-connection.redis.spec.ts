import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually, startRedis, type Service } from '@portico/testkit';
import { Redis } from 'ioredis';
import { RedisAuthority } from '../../src/limits/redis-authority.ts';

let redis: Service;
let wire: Wire;
let authority: RedisAuthority;

beforeEach(async () => {
  redis = await startRedis();
  wire = new Wire(redis.port);
  await wire.open();
  authority = new RedisAuthority(`redis://127.0.0.1:${wire.port}`, () => undefined);
  await authority.ready(5_000);
  await authority.epoch('');
});
afterEach(async () => {
  await authority.close();
  await wire.close();
  await redis.stop();
});

describe('the connection to Redis', () => {
  it('is made anew when nothing comes back on it, long before TCP gives up', async () => {
    wire.cut();
    await expect(authority.epoch('')).rejects.toThrow();
    await eventually(() => authority.epoch(''));
    expect(wire.connections).toBeGreaterThan(1);
  });

  it('is made anew when the server has become a replica', async () => {
    const admin = new Redis(redis.url);
    await admin.call('REPLICAOF', '127.0.0.1', '1');
    await expect(authority.epoch('')).rejects.toThrow('READONLY');
    await eventually(() => expect(wire.connections).toBeGreaterThan(1));
    await admin.call('REPLICAOF', 'NO', 'ONE');
    await eventually(() => authority.epoch(''));
    admin.disconnect();
  });
});

/** Between a node and its Redis: can be cut, so that neither end hears of it. */
class Wire {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  connections = 0;

  constructor(port: number) {
    this.#server = createServer((near) => {
      this.connections += 1;
      const far = connect(port, '127.0.0.1');
      for (const [from, to] of [
        [near, far],
        [far, near],
      ] as const) {
        this.#sockets.add(from);
        from.on('data', (bytes) => void to.write(bytes));
        from.on('error', () => to.destroy());
        from.once('close', () => {
          this.#sockets.delete(from);
          to.destroy();
        });
      }
    });
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  open(): Promise<void> {
    return new Promise((listening) => void this.#server.listen(0, '127.0.0.1', listening));
  }

  /** What is connected now stays so, and nothing gets through; new connections do. */
  cut(): void {
    for (const socket of this.#sockets) socket.pause();
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((closed) => this.#server.close(closed));
  }
}
