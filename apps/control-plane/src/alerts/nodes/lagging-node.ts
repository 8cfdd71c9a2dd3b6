import type { Heartbeat } from '@portico/contracts';

/** What the control plane has committed. */
export interface Committed {
  readonly revision: number;
  /** When the first change that a node at `revision` lacks was committed; null when it lacks none. */
  readonly missingSinceMs: (revision: number) => number | null;
}

export interface LagLimits {
  readonly seconds: number;
  readonly revisions: number;
}

export type Standing =
  | { readonly kind: 'current' }
  /** Behind, as every node is for a moment. */
  | { readonly kind: 'behind' }
  | {
      readonly kind: 'lagging';
      readonly revisionsBehind: number;
      readonly secondsBehind: number;
    };

/** A node counts as lagging once it is behind for too long, or by too much. */
export function standingOf(
  { revision }: Pick<Heartbeat, 'revision'>,
  committed: Committed,
  { limits, nowMs }: { readonly limits: LagLimits; readonly nowMs: number },
): Standing {
  const sinceMs = committed.missingSinceMs(revision);
  if (sinceMs === null) return { kind: 'current' };
  const revisionsBehind = committed.revision - revision;
  const secondsBehind = Math.max(0, Math.floor((nowMs - sinceMs) / 1000));
  const isLagging = secondsBehind >= limits.seconds || revisionsBehind >= limits.revisions;
  return isLagging ? { kind: 'lagging', revisionsBehind, secondsBehind } : { kind: 'behind' };
}
