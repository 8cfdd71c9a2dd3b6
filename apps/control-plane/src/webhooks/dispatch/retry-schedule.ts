/** Attempts in all; with the delays below they reach over about a day. */
export const ATTEMPTS_MAX = 12;

const FIRST_DELAY_MS = 5_000;
const FACTOR = 4;
const DELAY_MAX_MS = 4 * 3_600_000;
/** Part of the delay that is left to chance, so that receivers that come back are not run over. */
const JITTER = 0.2;

/**
 * How long after its `attempt`th failure (1 = the first) a delivery is tried again: 5 s, 20 s, 80 s,
 * 5 min, 21 min, 85 min, then every 4 h, each up to a fifth longer. `random` is 0 to 1.
 */
export function retryDelayMs(attempt: number, random: number): number {
  const delayMs = Math.min(FIRST_DELAY_MS * FACTOR ** (attempt - 1), DELAY_MAX_MS);
  return Math.round(delayMs * (1 + JITTER * random));
}
