import { describe, expect, it } from '@jest/globals';
import type { SnapshotClient, UsageDay } from '@portico/contracts';
import { compile } from '@portico/enforcement';
import { aClient, aPolicy, aProfile } from '@portico/testkit';
import { ScopeDirectory } from './scope-directory.ts';

function directoryOf(profiles: SnapshotClient['profiles']): ScopeDirectory {
  const directory = new ScopeDirectory();
  const policies = ['pol_shared', 'pol_own'].map((id) => aPolicy({ id }));
  const clients = [aClient({ id: 'cl_acme', policy_id: 'pol_shared', profiles })];
  directory.follow(
    compile({ revision: 1, collections: [], policies, clients }, { unseal: (text) => text }),
  );
  return directory;
}

const LEDGER: readonly UsageDay[] = ['pr_default', 'pr_own', 'pr_gone'].flatMap((profile_id) =>
  [false, true].map((apart) => ({ day: '2026-11-21', profile_id, apart, admitted: 1 })),
);
const OWN = aProfile({ id: 'pr_own', policy_id: 'pol_own' });

describe('what counts against a scope', () => {
  it.each([
    ['as long as it has a profile that shares', [aProfile(), OWN]],
    ['though all its profiles are counted apart', [OWN]],
  ])('of a client is all that was not counted apart, by whatever profile: %s', (_, profiles) => {
    const scope = directoryOf(profiles).find('client:cl_acme')!;
    expect(scope.policy?.id).toBe('pol_shared');
    expect(LEDGER.filter(scope.counts)).toEqual(LEDGER.filter(({ apart }) => !apart));
  });

  it('of a profile is what was counted apart, not what it called before it had its own policy', () => {
    const scope = directoryOf([aProfile(), OWN]).find('profile:pr_own')!;
    expect(scope.policy?.id).toBe('pol_own');
    expect(LEDGER.filter(scope.counts)).toEqual([
      { day: '2026-11-21', profile_id: 'pr_own', apart: true, admitted: 1 },
    ]);
  });

  it.each(['client:cl_nobody', 'profile:pr_gone', 'profile:pr_default'])(
    'is not asked of %s, where nothing is counted',
    (key) => expect(directoryOf([aProfile(), OWN]).find(key)).toBeUndefined(),
  );
});
