import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin } from 'vite';

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

/** Below this a second file costs more than it saves. */
const WORTH_IT_BYTES = 1_000;
// Nearly as small as the best (11), which would take several times as long at every build.
const BROTLI = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };

/** Lays `.br` and `.gz` beside scripts and styles, so that no server compresses on each request. */
export function precompress(): Plugin {
  return {
    name: 'precompress',
    apply: 'build',
    // From the disk: in the bundle, Vite's own marks for preloading may not be filled in yet.
    async writeBundle({ dir = '' }, bundle) {
      const names = Object.keys(bundle).filter((name) => /\.(?:js|css)$/.test(name));
      await Promise.all(names.map((name) => compress(join(dir, name))));
    },
  };
}

async function compress(file: string): Promise<void> {
  const source = await readFile(file);
  if (source.length < WORTH_IT_BYTES) return;
  await writeFile(`${file}.br`, await toBrotli(source, BROTLI));
  await writeFile(`${file}.gz`, await toGzip(source));
}
