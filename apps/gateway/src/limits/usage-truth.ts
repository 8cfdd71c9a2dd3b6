import type { UsageDay } from '@portico/contracts';
import { z } from 'zod';

/** The ledger's counts of a client, as in `UsageDay`; both days included (`2026-11-21`). */
export type UsageTruth = (
  clientId: string,
  fromDay: string,
  toDay: string,
) => Promise<readonly UsageDay[]>;

const answerSchema = z.object({
  data: z.array(
    z.object({
      day: z.iso.date(),
      profile_id: z.string(),
      // A log-ingest that does not say it yet has everything as the client's.
      apart: z.boolean().default(false),
      admitted: z.int().min(0),
    }),
  ),
});

const ANSWER_WITHIN_MS = 3_000;

/** Asks log-ingest, which owns the ledger. */
export function usageTruthAt(logIngestUrl: string, token: string): UsageTruth {
  return async (clientId, fromDay, toDay) => {
    const url = new URL('/internal/v1/usage', logIngestUrl);
    url.search = new URLSearchParams({ client_id: clientId, from: fromDay, to: toDay }).toString();
    const response = await fetch(url, {
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
    });
    if (!response.ok) throw new Error(`log-ingest answered ${response.status} about usage`);
    return answerSchema.parse(await response.json()).data;
  };
}
