import { connect } from 'node:net';
import { afterAll, describe, expect, it } from '@jest/globals';
import { eventually } from './eventually.ts';
import { startNats } from './nats.ts';
import { runProcess } from './process.ts';
import { startRedis } from './redis.ts';
import type { Service } from './service.ts';

/** What a TCP client hears first after sending `hello`. */
const hear = (service: Service, hello: string, patienceMs = 20_000): Promise<string> =>
  new Promise((heard, failed) => {
    const socket = connect(service.port, '127.0.0.1', () => socket.write(hello));
    socket.once('data', (bytes) => {
      heard(bytes.toString());
      socket.destroy();
    });
    socket.once('error', failed);
    socket.setTimeout(patienceMs, () => {
      socket.destroy();
      failed(new Error('silence'));
    });
  });

describe('a real service for tests', () => {
  const running: Service[] = [];
  afterAll(() => Promise.all(running.map((service) => service.stop())));

  it('starts nats-server, freezes it, and thaws it with its connections', async () => {
    const nats = await startNats();
    running.push(nats);
    expect(await hear(nats, '')).toContain('"jetstream":true');
    nats.freeze();
    await eventually(() => expect(hear(nats, '', 200)).rejects.toThrow('silence'));
    nats.thaw();
    await eventually(async () => expect(await hear(nats, '')).toContain('INFO'));
  });

  it('keeps what redis-server said it stored over kill -9 and restart', async () => {
    const redis = await startRedis();
    running.push(redis);
    expect(await hear(redis, 'SET a kept\r\n')).toBe('+OK\r\n');
    const firstPid = redis.pid;
    await redis.kill();
    await expect(hear(redis, 'GET a\r\n')).rejects.toThrow('ECONNREFUSED');
    await redis.restart();
    expect(redis.pid).not.toBe(firstPid);
    expect(await hear(redis, 'GET a\r\n')).toContain('kept');
  });

  it('fails, naming the package to install, when the server is not on the machine', async () => {
    const url = new URL('./nats.ts', import.meta.url).href;
    const told = await runProcess({
      command: process.execPath,
      args: [
        ...['--no-warnings', '--input-type=module', '-e'],
        `const { startNats } = await import('${url}');
         await startNats().catch((error) => console.log('refused:', error.message));`,
      ],
      env: { PATH: '/nowhere' },
      readyWhen: /refused: (.*)/,
    });
    expect(told.ready?.[1]).toContain('sudo apt-get install nats-server');
    await told.stop();
  });
});
