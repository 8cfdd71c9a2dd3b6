// `npm start`: builds what is stale, then becomes the product. One process, so Ctrl-C reaches it.
import { spawnSync } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { createRequire } from 'node:module';

const root = fileURLToPath(new URL('..', import.meta.url));
const turbo = createRequire(import.meta.url).resolve('turbo/bin/turbo');

console.log('Building Portico (only what changed since last time) …');
const build = spawnSync(
  process.execPath,
  [turbo, 'run', 'build', '--filter=@portico/standalone...', '--output-logs=errors-only'],
  {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1' },
  },
);
if (build.status !== 0) {
  console.error(`${build.stdout}\n${build.stderr}\nThe build failed; nothing was started.`);
  process.exit(1);
}
await import(pathToFileURL(`${root}/apps/standalone/dist/main.js`).href);
