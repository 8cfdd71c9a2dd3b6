import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import type { Exchange } from './exchange.ts';
import { createHandler, type HandleParts } from './handle.ts';

const LIMITS = { limitWaitMs: 25, keyWaitMs: 25 } as HandleParts['limits'];

/** Serves one call with these parts, and says what became of it. */
async function call(parts: Partial<HandleParts>) {
  const closed = Promise.withResolvers<Exchange>();
  const broken: unknown[] = [];
  const handler = createHandler({
    addressOf: () => ({ ip: '127.0.0.1' }),
    onOpened: () => undefined,
    onClosed: closed.resolve,
    onBroken: (_exchange, error) => broken.push(error),
    limits: LIMITS,
    ...parts,
  } as HandleParts);
  const server = createServer(handler.request);
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  const answer = await fetch(`http://127.0.0.1:${port}/v1/orders`);
  const body = (await answer.json()) as { error: string; message: string };
  const exchange = await closed.promise;
  await new Promise((gone) => server.close(gone));
  return { status: answer.status, body, exchange, broken };
}

describe('a bug of ours', () => {
  it('costs the call that met it, is recorded and logged, and is not told to the caller', async () => {
    const bug = new Error('the index is a teapot');
    const { status, body, exchange, broken } = await call({
      currentIndex: () => {
        throw bug;
      },
    });
    expect([status, body.error]).toEqual([500, 'internal_error']);
    expect(body.message).not.toContain('teapot');
    expect(exchange).toMatchObject({ outcome: 'internal_error', reason: String(bug) });
    expect(broken).toEqual([bug]);
  });
});
