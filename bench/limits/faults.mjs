// What goes wrong with Redis in the middle of a run, and when.
import { Redis } from 'ioredis';
import { freePort, start, until } from '../harness/processes.mjs';

/** Seconds from the start: frozen, thawed, killed and started empty, end. */
export const FAULT = { freeze: 14, thaw: 26, restart: 34, end: 50 };

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, Math.max(0, ms)));

/** `elapsedMs` tells how far the run is. Ends once the last fault is over. */
export async function harm(redis, elapsedMs) {
  const at = (second) => pause(second * 1_000 - elapsedMs());
  await at(FAULT.freeze);
  process.kill(redis.pid(), 'SIGSTOP');
  await at(FAULT.thaw);
  process.kill(redis.pid(), 'SIGCONT');
  await at(FAULT.restart);
  process.kill(redis.pid(), 'SIGKILL');
  await redis.begin();
}

/** Without persistence: what it knew is gone when it is started again. */
export async function startRedis() {
  const port = await freePort();
  const url = `redis://127.0.0.1:${port}`;
  let running;
  const begin = async () => {
    const args = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no'];
    running = start('redis-server', args);
    await until(async () => {
      const probe = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
      probe.on('error', () => {});
      await probe.connect().finally(() => probe.disconnect());
    });
  };
  await begin();
  return { url, begin, pid: () => running.pid, stop: () => running.stop() };
}
