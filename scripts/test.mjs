// `npm test`: everything that must hold, in the order in which a failure is cheapest to read.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { delimiter } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ensureTools } from './ensure-tools.mjs';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/\/$/, '');
const results = `${root}/.test-results`;
const require = createRequire(import.meta.url);
const env = {
  ...process.env,
  PATH: [process.env.PATH, '/usr/sbin', '/usr/local/sbin'].join(delimiter),
  TURBO_TELEMETRY_DISABLED: '1',
  TURBO_NO_UPDATE_NOTIFIER: '1',
};

const run = (args) => spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
const turbo = require.resolve('turbo/bin/turbo');

const STEPS = [
  ['build', [turbo, 'run', 'build', '--output-logs=errors-only']],
  ['typecheck', [turbo, 'run', 'typecheck', '--output-logs=errors-only']],
  ['format', [require.resolve('prettier/bin/prettier.cjs'), '--check', '--log-level=warn', '.']],
  ['lint', [`${root}/node_modules/eslint/bin/eslint.js`, '.', '--max-warnings', '0']],
];

ensureTools();
for (const [name, args] of STEPS) {
  console.log(`\n── ${name}`);
  if (run(args).status !== 0) {
    console.error(`\n${name} failed; no test was run.`);
    process.exit(1);
  }
}

rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
const totals = { passed: 0, failed: 0, skipped: 0 };
let ok = true;
for (const [name, config] of [
  ['unit and service tests', 'jest.config.mjs'],
  ['end-to-end tests', 'jest.e2e.config.mjs'],
]) {
  console.log(`\n── ${name}`);
  const output = `${results}/${config}.json`;
  const { status } = run(['scripts/jest.mjs', '-c', config, '--json', '--outputFile', output]);
  ok &&= status === 0;
  count(output);
}
console.log(`\n${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped`);
process.exit(ok && totals.failed === 0 ? 0 : 1);

function count(output) {
  const report = JSON.parse(readFileSync(output, 'utf8'));
  totals.passed += report.numPassedTests;
  // A suite that could not even start has no tests to count, and is a failure all the same.
  totals.failed += report.numFailedTests + report.numRuntimeErrorTestSuites;
  totals.skipped += report.numPendingTests + report.numTodoTests;
}
