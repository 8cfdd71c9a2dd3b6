// How busy each core was: a load generator that runs out of core measures itself, not the proxy.
import { existsSync, readFileSync } from 'node:fs';

/** Call the answer for the share of the core that was in use since; undefined where unknown. */
export function watchCore(core) {
  const before = ticksOf(core);
  return () => {
    const after = ticksOf(core);
    if (before === undefined || after === undefined) return undefined;
    return (after.busy - before.busy) / (after.all - before.all);
  };
}

function ticksOf(core) {
  if (!existsSync('/proc/stat')) return undefined;
  const line = readFileSync('/proc/stat', 'utf8').match(new RegExp(`^cpu${core} (.*)$`, 'm'))?.[1];
  if (line === undefined) return undefined;
  const [user, nice, system, idle, wait, ...interrupts] = line.split(' ').map(Number);
  const busy = user + nice + system + interrupts.slice(0, 3).reduce((sum, one) => sum + one, 0);
  return { busy, all: busy + idle + wait };
}
