import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { onTermination } from '../src/shutdown.ts';

// Run by shutdown.spec.ts: says "ready", and stops the way its argument says.
const [way] = process.argv.slice(2);
const STOPS: Readonly<Record<string, () => Promise<void>>> = {
  cleanly: async () => {
    await delay(20);
    process.stdout.write('stopped\n');
  },
  slowly: () => delay(150),
  badly: () => Promise.reject(new Error('a step failed')),
  never: () => new Promise(() => undefined),
};
onTermination(STOPS[way ?? '']!, {
  timeoutMs: way === 'never' ? 60_000 : 1_000,
  onError: (error) => process.stdout.write(`${String(error)}\n`),
});
createServer().listen(0, '127.0.0.1', () => process.stdout.write('ready\n'));
