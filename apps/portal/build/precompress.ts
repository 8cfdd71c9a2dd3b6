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
    enforce: 'post',
    async generateBundle(_options, bundle) {
      const emit = (fileName: string, source: Buffer) =>
        this.emitFile({ type: 'asset', fileName, source });
      for (const [name, file] of Object.entries(bundle)) {
        const source = Buffer.from(file.type === 'chunk' ? file.code : file.source);
        if (!/\.(?:js|css)$/.test(name) || source.length < WORTH_IT_BYTES) continue;
        const [brotli, gzipped] = await Promise.all([toBrotli(source, BROTLI), toGzip(source)]);
        emit(`${name}.br`, brotli);
        emit(`${name}.gz`, gzipped);
      }
    },
  };
}
