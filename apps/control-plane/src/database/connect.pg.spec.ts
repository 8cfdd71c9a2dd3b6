import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createLogger } from '@portico/telemetry';
import { freePort, testDatabase } from '@portico/testkit';
import { createServer, connect as connectTo, type Server } from 'node:net';
import { Writable } from 'node:stream';
import { connect } from './data-source.ts';

describe('a control plane that starts before its database', () => {
  let database: Awaited<ReturnType<typeof testDatabase>>;
  let door: Server | undefined;

  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(async () => {
    door?.close();
    await database.drop();
  });

  /** Opens the given port in front of the real database, at the first complaint that it is closed. */
  const openDoor = (port: number): void => {
    const { hostname, port: target } = new URL(database.url);
    door ??= createServer((socket) => {
      const inner = connectTo(Number(target), hostname);
      socket.on('error', () => inner.destroy());
      inner.on('error', () => socket.destroy());
      socket.pipe(inner).pipe(socket);
    }).listen(port, '127.0.0.1');
  };

  it('waits for it, and says so', async () => {
    const port = await freePort();
    const lines: string[] = [];
    const destination = new Writable({
      write: (chunk, _encoding, done) => {
        lines.push(String(chunk));
        openDoor(port);
        done();
      },
    });
    const url = new URL(database.url);
    url.port = String(port);
    const logger = createLogger({ service: 'test', destination });
    const source = await connect({ url: url.href, poolMax: 4 }, logger);
    expect(await source.query('select 1 as one')).toEqual([{ one: 1 }]);
    await source.destroy();
    expect(lines[0]).toContain('waiting for the database');
    expect(lines.join()).not.toContain(url.password);
  });

  it('gives up at once on a password that is wrong', async () => {
    const url = new URL(database.url);
    url.password = 'wrong';
    const logger = createLogger({ service: 'test', level: 'silent' });
    await expect(connect({ url: url.href, poolMax: 4 }, logger)).rejects.toThrow(
      /password authentication failed/,
    );
  });
});
