import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/**
 * Below the ports that the system gives to outgoing connections: one of those could take the port
 * while the service that listened on it restarts.
 */
const FIRST_PORT = 15_000;
const END_PORT = 32_000;
const given = new Set<number>();

/** A port of 127.0.0.1 nobody listens on now. Prefer port 0 where the thing started can say its port. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(FIRST_PORT, END_PORT);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  const isBound = await new Promise<boolean>((resolve) => {
    probe.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true));
  });
  if (isBound) await new Promise((closed) => probe.close(closed));
  return isBound;
}
