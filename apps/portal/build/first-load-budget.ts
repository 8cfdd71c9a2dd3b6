import { gzipSync } from 'node:zlib';
import type { Plugin, Rolldown } from 'vite';

/**
 * Fails the build when the JavaScript of a first visit (the entry and all it imports statically)
 * is more than `maxKilobytes` (1 kB = 1,000 bytes) after gzip. Lazy pages do not count.
 */
export function firstLoadBudget({ maxKilobytes }: { maxKilobytes: number }): Plugin {
  return {
    name: 'first-load-budget',
    apply: 'build',
    generateBundle(_options, bundle) {
      const kilobytes = firstLoadBytes(bundle) / 1000;
      const line = `first load: ${kilobytes.toFixed(1)} kB of ${maxKilobytes} kB compressed JavaScript`;
      if (kilobytes > maxKilobytes) this.error(line);
      this.info(line);
    },
  };
}

export function firstLoadBytes(bundle: Rolldown.OutputBundle): number {
  const seen = new Set<string>();
  const waiting = Object.values(bundle).flatMap((file) =>
    file.type === 'chunk' && file.isEntry ? [file.fileName] : [],
  );
  let bytes = 0;
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    const file = bundle[name];
    if (seen.has(name) || file?.type !== 'chunk') continue;
    seen.add(name);
    bytes += gzipSync(file.code).length;
    waiting.push(...file.imports);
  }
  return bytes;
}
