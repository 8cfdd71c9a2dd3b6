import { expect, it } from '@jest/globals';
import { refreshInMs } from './sample-lifetime.ts';

const guide = { algorithm: 'HS256', secret: 's', claims: { exp: 1_000 }, instructions: '' };

it('a sample token is replaced shortly before it expires', () => {
  expect(refreshInMs(guide, 700_000)).toBe(290_000);
});

it('an expired or very short-lived one is not asked for all the time', () => {
  expect(refreshInMs(guide, 2_000_000)).toBe(15_000);
});

it('nothing is asked for where the portal signs nothing', () => {
  expect(refreshInMs(undefined, 0)).toBe(false);
  expect(refreshInMs({ ...guide, secret: null }, 0)).toBe(false);
});
