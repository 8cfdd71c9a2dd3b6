import type { SigningGuide } from './types.ts';

const MARGIN_MS = 10_000;
const SHORTEST_MS = 15_000;

/**
 * When to ask for a new sample token, in ms: shortly before the one shown expires, or never where
 * the portal signs none. Not more often than four times a minute, however short tokens live.
 */
export function refreshInMs(signing: SigningGuide | undefined, nowMs: number): number | false {
  const expires = signing?.claims.exp;
  if (typeof expires !== 'number' || signing?.secret == null) return false;
  return Math.max(SHORTEST_MS, expires * 1000 - nowMs - MARGIN_MS);
}
