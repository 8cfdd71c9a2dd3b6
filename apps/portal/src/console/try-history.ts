import { useQuery } from '@tanstack/react-query';
import { queryClient } from '../api/query-client.ts';
import type { TryResponse } from '../api/types.ts';
import type { CallInput } from './call-input.ts';

/** One Send and its answer. Lives in memory: it may hold business data, and ends with the session. */
export interface TryEntry {
  readonly id: number;
  readonly sentAt: string;
  readonly profileName: string;
  readonly target: string;
  readonly input: CallInput;
  readonly response: TryResponse;
}

const ENTRIES_MAX = 20;
const keyOf = (endpointId: string) => ['try-history', endpointId] as const;

queryClient.setQueryDefaults(['try-history'], { gcTime: Infinity, staleTime: Infinity });

/** Newest first. */
export function useTryHistory(endpointId: string): readonly TryEntry[] {
  return useQuery<readonly TryEntry[]>({
    queryKey: keyOf(endpointId),
    queryFn: () => [],
    initialData: [],
  }).data;
}

export function addToHistory(endpointId: string, entry: TryEntry): void {
  queryClient.setQueryData<readonly TryEntry[]>(keyOf(endpointId), (entries = []) =>
    [entry, ...entries].slice(0, ENTRIES_MAX),
  );
}
