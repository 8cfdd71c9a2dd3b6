import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from '@jest/globals';
import { onTermination, shutdownInOrder, type TerminableProcess } from './shutdown.ts';

const never = (): Promise<never> => new Promise(() => undefined);

describe('an orderly shutdown', () => {
  it('stops one after the other, in the given order', async () => {
    const log: string[] = [];
    const step = (name: string) => ({
      name,
      stop: async () => {
        log.push(`${name} begins`);
        await new Promise(setImmediate);
        log.push(`${name} ends`);
      },
    });
    const failures = await shutdownInOrder([step('server'), step('outbox')], { timeoutMs: 5_000 });
    expect(failures).toEqual([]);
    expect(log).toEqual(['server begins', 'server ends', 'outbox begins', 'outbox ends']);
  });

  it('goes on after a step that fails, whether it throws or rejects, and says so', async () => {
    const stopped: string[] = [];
    const [thrown, rejected] = [new Error('thrown'), new Error('rejected')];
    const failures = await shutdownInOrder(
      [
        {
          name: 'throws',
          stop: () => {
            throw thrown;
          },
        },
        { name: 'rejects', stop: () => Promise.reject(rejected) },
        { name: 'last', stop: () => stopped.push('last') },
      ],
      { timeoutMs: 5_000 },
    );
    expect(stopped).toEqual(['last']);
    expect(failures).toEqual([
      { step: 'throws', reason: 'failed', error: thrown },
      { step: 'rejects', reason: 'failed', error: rejected },
    ]);
  });

  it('gives up at the deadline, and names what it waited for and what it never reached', async () => {
    const stopped: string[] = [];
    const failures = await shutdownInOrder(
      [
        { name: 'hangs', stop: never },
        { name: 'behind', stop: () => stopped.push('behind') },
      ],
      { timeoutMs: 20 },
    );
    expect(stopped).toEqual([]);
    expect(failures).toEqual([
      { step: 'hangs', reason: 'timed_out' },
      { step: 'behind', reason: 'not_reached' },
    ]);
  });

  it('can be taken back, so that tests and embedders leave no listener behind', () => {
    const listeners = new Set<() => void>();
    const target: TerminableProcess = {
      on: (_signal, listener) => listeners.add(listener),
      off: (_signal, listener) => listeners.delete(listener),
      exit: () => undefined,
    };
    const undo = onTermination(never, { process: target });
    expect(listeners.size).toBe(1);
    undo();
    expect(listeners.size).toBe(0);
  });
});

describe('a process that is told to end', () => {
  const children: ChildProcess[] = [];
  afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));

  async function start(way: 'cleanly' | 'slowly' | 'badly' | 'never') {
    const script = fileURLToPath(new URL('../test/terminating-process.ts', import.meta.url));
    const child = spawn(process.execPath, [script, way], { stdio: ['ignore', 'pipe', 'ignore'] });
    children.push(child);
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    // Not `exit`, which may come before the last of what it said has been read.
    const exited = once(child, 'close').then(([code]) => ({ code: code as number, output }));
    await once(child.stdout, 'data');
    return { child, exited };
  }

  it.each(['SIGTERM', 'SIGINT'] as const)('on %s stops, then exits with 0', async (signal) => {
    const { child, exited } = await start('cleanly');
    child.kill(signal);
    expect(await exited).toEqual({ code: 0, output: 'ready\nstopped\n' });
  });

  it('exits with 1 when stopping failed, and says why', async () => {
    const { child, exited } = await start('badly');
    child.kill('SIGTERM');
    expect(await exited).toEqual({ code: 1, output: 'ready\nError: a step failed\n' });
  });

  it('takes one Ctrl-C that arrives twice for one', async () => {
    const { child, exited } = await start('slowly');
    // Two signals of one kind could be merged on their way; two kinds surely arrive as two.
    child.kill('SIGINT');
    child.kill('SIGTERM');
    expect((await exited).code).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const { child, exited } = await start('never');
    const insist = setInterval(() => child.kill('SIGTERM'), 20);
    const { code } = await exited.finally(() => clearInterval(insist));
    expect(code).toBe(130);
  });

  it('exits with 1 when stopping takes longer than it may', async () => {
    const codes: number[] = [];
    let signal = (): void => undefined;
    const errors: unknown[] = [];
    const exited = Promise.withResolvers<void>();
    onTermination(never, {
      timeoutMs: 20,
      onError: (error) => errors.push(error),
      process: {
        on: (_signal, listener) => (signal = listener),
        off: () => undefined,
        exit: (code) => {
          codes.push(code);
          exited.resolve();
        },
      },
    });
    signal();
    await exited.promise;
    expect(codes).toEqual([1]);
    expect(String(errors[0])).toContain('longer than 20 ms');
  });
});
