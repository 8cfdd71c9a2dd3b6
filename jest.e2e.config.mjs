// The built product, started as processes and looked at from outside; one file at a time, because
// each starts whole deployments.
import { project } from './jest.config.mjs';

export default {
  projects: [{ ...project('apps/e2e'), testMatch: ['<rootDir>/src/**/*.e2e.ts'] }],
  // Only what hangs meets it, on a machine with one slow core too.
  testTimeout: 300_000,
  maxWorkers: 1,
};
