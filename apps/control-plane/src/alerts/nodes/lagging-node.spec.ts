import { describe, expect, it } from '@jest/globals';
import { standingOf } from './lagging-node.ts';

const NOW = 1_000_000;
const LIMITS = { seconds: 30, revisions: 100 };

describe('a node', () => {
  it.each([
    ['that lacks nothing is current', { sinceMs: null, revision: 200 }, 'current'],
    [
      'that lacks something for a moment is behind',
      { sinceMs: NOW - 29_999, revision: 199 },
      'behind',
    ],
    ['that lacks something for long lags', { sinceMs: NOW - 30_000, revision: 199 }, 'lagging'],
    ['that lacks a little less than much is behind', { sinceMs: NOW - 1, revision: 101 }, 'behind'],
    ['that lacks much lags at once', { sinceMs: NOW - 1, revision: 100 }, 'lagging'],
    ['whose clock is ahead is not worse for it', { sinceMs: NOW + 5_000, revision: 199 }, 'behind'],
  ])('%s', (_, { sinceMs, revision }, kind) => {
    const committed = { revision: 200, missingSinceMs: () => sinceMs };
    expect(standingOf({ revision }, committed, { limits: LIMITS, nowMs: NOW }).kind).toBe(kind);
  });
});
