import { useMutation } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import { api, contentAs } from '../api/client.ts';
import { queryClient } from '../api/query-client.ts';
import type { EndpointDetail, TryResponse } from '../api/types.ts';
import type { CallInput } from './call-input.ts';
import { planTarget } from './call-plan.ts';
import type { CallPlan } from './call-plan.ts';
import { addToHistory } from './try-history.ts';
import type { TryEntry } from './try-history.ts';
import { toTryRequest } from './try-request.ts';
import type { Auth } from './use-auth.ts';

export interface Attempt {
  readonly isSending: boolean;
  readonly latest: TryEntry | undefined;
  /** Why there is no answer: the portal refused or could not be reached. Undefined if cancelled. */
  readonly failure: unknown;
  readonly send: (plan: CallPlan, input: CallInput) => void;
  readonly cancel: () => void;
}

/** Sends the planned call through the portal, one at a time. */
export function useTry(endpoint: EndpointDetail, auth: Auth): Attempt {
  const abort = useRef<AbortController>(undefined);
  const [latest, setLatest] = useState<TryEntry>();
  const { mutate, isPending, error, reset } = useMutation({
    mutationFn: ({ plan }: { plan: CallPlan; input: CallInput }) => {
      abort.current = new AbortController();
      return contentAs<TryResponse>(
        api.POST('/api/v1/developer-portal/try', {
          body: toTryRequest(endpoint.id, plan, auth),
          signal: abort.current.signal,
        }),
      );
    },
    onSuccess: (response, { plan, input }) => {
      const entry: TryEntry = {
        id: Date.now(),
        sentAt: new Date().toISOString(),
        profileName: auth.profile?.name ?? '',
        target: `${plan.method} ${planTarget(plan)}`,
        input,
        response,
      };
      setLatest(entry);
      addToHistory(endpoint.id, entry);
      // The call is a record and counts against the limits: both are on other pages by now.
      void queryClient.invalidateQueries({ queryKey: ['request-logs'] });
      void queryClient.invalidateQueries({ queryKey: ['usage'] });
    },
  });
  return {
    isSending: isPending,
    latest,
    failure: isPending ? undefined : error,
    send: (plan, input) => {
      setLatest(undefined);
      mutate({ plan, input });
    },
    cancel: () => {
      abort.current?.abort();
      reset();
    },
  };
}
