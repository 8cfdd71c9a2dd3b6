// npm run bench -- <name>: runs bench/<name>/bench.mjs with the built product.
import { existsSync, readdirSync } from 'node:fs';

const here = new URL('.', import.meta.url);
const [name] = process.argv.slice(2);
const known = readdirSync(here, { withFileTypes: true })
  .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/bench.mjs`, here)))
  .map((entry) => entry.name);

if (name !== undefined && known.includes(name)) {
  await import(new URL(`${name}/bench.mjs`, here));
} else {
  console.error(`Usage: npm run bench -- <name>, one of: ${known.join(', ')}`);
  process.exitCode = 1;
}
