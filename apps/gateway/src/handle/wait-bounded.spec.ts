import { once } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
import { waitBounded } from './wait-bounded.ts';

/** Answers a question from outside this thread, and says in shared memory that it has. */
const ANSWERING = `
  const { parentPort, workerData } = require('node:worker_threads');
  parentPort.on('message', () => {
    parentPort.postMessage('the answer');
    Atomics.store(workerData, 0, 1);
    Atomics.notify(workerData, 0);
  });
`;

/** Stands still until it is answered and `ms` have passed, as a starved process does. */
function standStill(isAnswered: Int32Array, ms: number): void {
  const untilMs = performance.now() + ms;
  Atomics.wait(isAnswered, 0, 0);
  while (performance.now() < untilMs) Atomics.wait(isAnswered, 0, 1, untilMs - performance.now());
}

describe('a bounded wait', () => {
  it('ends with what it waits for, or when the time is up', async () => {
    await waitBounded(Promise.resolve(), 60_000);
    await waitBounded(Promise.reject(new Error('refused')), 60_000);
    await waitBounded(new Promise(() => undefined), 1);
  });

  it('reads the answer that came while the process stood still', async () => {
    const isAnswered = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(ANSWERING, { eval: true, workerData: isAnswered });
    try {
      await once(worker, 'online');
      let answer = '';
      // From here timers are looked at before anything is read.
      await turn();
      const ready = once(worker, 'message').then(([text]) => void (answer = text as string));
      const waiting = waitBounded(ready, 5);
      worker.postMessage('a question');
      standStill(isAnswered, 50);
      await waiting;
      expect(answer).toBe('the answer');
    } finally {
      await worker.terminate();
    }
  });
});
