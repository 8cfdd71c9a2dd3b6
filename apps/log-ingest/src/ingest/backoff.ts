const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Doubles from a quarter of a second to ten seconds; `failures` is at least 1. */
export const backoffMs = (failures: number): number =>
  Math.min(FIRST_MS * 2 ** (Math.min(failures, 10) - 1), LONGEST_MS);
