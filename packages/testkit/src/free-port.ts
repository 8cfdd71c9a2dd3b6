import { createServer, type AddressInfo } from 'node:net';

/** A port of 127.0.0.1 nobody listens on now. Prefer port 0 where the thing started can say its port. */
export async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((listening, failed) => {
    probe.once('error', failed).listen(0, '127.0.0.1', listening);
  });
  const { port } = probe.address() as AddressInfo;
  await new Promise((closed) => probe.close(closed));
  return port;
}
