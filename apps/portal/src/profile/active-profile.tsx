import { useQuery } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useMemo, useState } from 'react';
import type { ReactNode } from 'react';
import { profilesQuery, useSession } from '../api/queries.ts';
import type { Profile } from '../api/types.ts';
import { pickProfile } from './pick-profile.ts';

interface ActiveProfile {
  /** Undefined while loading, and for a client without an active profile. */
  readonly active: Profile | undefined;
  readonly profiles: readonly Profile[];
  readonly isPending: boolean;
  readonly choose: (profileId: string) => void;
}

const ActiveProfileContext = createContext<ActiveProfile | null>(null);

/** One profile is active everywhere at once; the choice is remembered per client. */
export function ActiveProfileProvider({ children }: { children: ReactNode }) {
  const { client } = useSession();
  const storageKey = `portico.profile.${client.id}`;
  const { data, isPending } = useQuery(profilesQuery);
  const [chosenId, setChosenId] = useState(() => localStorage.getItem(storageKey));
  const choose = useCallback(
    (profileId: string) => {
      localStorage.setItem(storageKey, profileId);
      setChosenId(profileId);
    },
    [storageKey],
  );
  const value = useMemo(() => {
    const profiles = data ?? [];
    return { active: pickProfile(profiles, chosenId), profiles, isPending, choose };
  }, [data, chosenId, isPending, choose]);
  return <ActiveProfileContext value={value}>{children}</ActiveProfileContext>;
}

export function useActiveProfile(): ActiveProfile {
  const value = useContext(ActiveProfileContext);
  if (!value) throw new Error('useActiveProfile outside its provider');
  return value;
}
