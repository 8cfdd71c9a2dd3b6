import { describe, expect, it } from '@jest/globals';
import type { Profile } from '../api/types.ts';
import { pickProfile } from './pick-profile.ts';

const profile = (id: string, environment: string): Profile => ({
  id,
  environment,
  name: id,
  auth_type: 'token',
});
const live = profile('pr_live', 'production');
const test = profile('pr_test', 'sandbox');

describe('pickProfile', () => {
  it('keeps the one chosen before', () => {
    expect(pickProfile([live, test], 'pr_live')).toBe(live);
  });

  it('starts newcomers in the sandbox', () => {
    expect(pickProfile([live, test], null)).toBe(test);
  });

  it('forgets a choice that does not exist any more', () => {
    expect(pickProfile([live, test], 'pr_gone')).toBe(test);
    expect(pickProfile([live], 'pr_gone')).toBe(live);
  });

  it('has nothing to offer a client without profiles', () => {
    expect(pickProfile([], 'pr_live')).toBeUndefined();
  });
});
