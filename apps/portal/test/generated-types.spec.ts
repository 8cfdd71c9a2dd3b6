import { expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const portal = join(import.meta.dirname, '..');

it('the committed API types are those of the committed OpenAPI document', () => {
  const { resolve } = createRequire(join(portal, 'package.json'));
  const cli = join(dirname(resolve('openapi-typescript/package.json')), 'bin/cli.js');
  const document = join(portal, '../control-plane/openapi.json');
  const { stdout } = spawnSync(process.execPath, [cli, document, '--array-length'], {
    encoding: 'utf8',
    maxBuffer: 20_000_000,
  });
  const committed = readFileSync(join(portal, 'src/generated/control-plane.ts'), 'utf8');
  // Compared as a yes or no: a difference of thousands of lines would say less than this name.
  const isCurrent = stdout.trim() === committed.trim();
  expect(isCurrent ? 'current' : 'stale: npm run api-types -w apps/portal').toBe('current');
});
