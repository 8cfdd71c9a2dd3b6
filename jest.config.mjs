// One Jest run over every workspace, so that there is one list of failures and one true total.
import { readdirSync, existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('.', import.meta.url)).replace(/\/$/, '');

const workspaces = ['packages', 'apps']
  .flatMap((folder) => readdirSync(`${root}/${folder}`).map((name) => `${folder}/${name}`))
  .filter((path) => existsSync(`${root}/${path}/package.json`) && path !== 'apps/e2e');

export const project = (path) => ({
  displayName: path,
  rootDir: `${root}/${path}`,
  testEnvironment: 'node',
  testMatch: ['<rootDir>/src/**/*.spec.ts', '<rootDir>/test/**/*.spec.ts'],
  setupFilesAfterEnv: [`${root}/packages/testkit/jest/property-seed.mjs`],
  extensionsToTreatAsEsm: ['.ts', '.tsx'],
  // Workspaces are read from source, so a test never runs against a stale build. Jest adds `import`
  // or `require` itself; naming either here would hand ES modules to CommonJS callers.
  testEnvironmentOptions: { customExportConditions: ['source', 'node'] },
  transform: {
    '^.+\\.tsx?$': [
      '@swc/jest',
      {
        jsc: {
          target: 'es2024',
          parser: {
            syntax: 'typescript',
            tsx: path.endsWith('ui') || path.endsWith('portal'),
            decorators: true,
          },
          transform: {
            legacyDecorator: true,
            decoratorMetadata: true,
            react: { runtime: 'automatic' },
          },
          keepClassNames: true,
        },
        module: { type: 'es6' },
        sourceMaps: 'inline',
      },
    ],
  },
});

export default {
  projects: workspaces.map(project),
  globalSetup: `${root}/packages/testkit/jest/global-setup.mjs`,
  globalTeardown: `${root}/packages/testkit/jest/global-teardown.mjs`,
  // Only what hangs meets it: above the patience of `eventually`, on a machine with one slow core too.
  testTimeout: 60_000,
  maxWorkers: 2,
};
