import type { Use, UseReport } from './authority.ts';

/** Uses this close together go under one date, the later one. */
const MERGED_WITHIN_MS = 5;
/** A report stays this small however long the authority was away: neighbours merge, dated late. */
const USES_PER_REPORT = 64;

/** What was used and not yet acknowledged: an open part, and a part frozen under its number. */
export class UseLog {
  #open: [atMs: number, count: number][] = [];
  #openCount = 0;
  #mergingSinceMs = Number.NEGATIVE_INFINITY;
  #frozen: UseReport | null = null;
  #frozenCount = 0;

  get count(): number {
    return this.#openCount + this.#frozenCount;
  }

  /** Used, and not in the frozen report: the authority must still hold it as reserved. */
  get openCount(): number {
    return this.#openCount;
  }

  add(nowMs: number): void {
    this.#openCount += 1;
    const last = this.#open.at(-1);
    if (last && nowMs - this.#mergingSinceMs < MERGED_WITHIN_MS) {
      // The later date: a use dated early would leave its window early.
      last[0] = nowMs;
      last[1] += 1;
      return;
    }
    this.#mergingSinceMs = nowMs;
    this.#open.push([nowMs, 1]);
    if (this.#open.length > 4 * USES_PER_REPORT) this.#open = merged(this.#open);
  }

  /**
   * The report to send: the one not yet acknowledged as it was, or a new one of all that is open.
   * `sequence` must rise over the life of the process, also when a scope is forgotten and met again.
   */
  freeze(sequence: number, toAuthorityMs: (ownMs: number) => number): UseReport | null {
    if (this.#frozen || this.#openCount === 0) return this.#frozen;
    while (this.#open.length > USES_PER_REPORT) this.#open = merged(this.#open);
    const uses = this.#open.map(([atMs, count]): Use => [toAuthorityMs(atMs), count]);
    this.#frozen = { sequence, uses };
    this.#frozenCount = this.#openCount;
    this.#open = [];
    this.#openCount = 0;
    return this.#frozen;
  }

  acknowledge(report: UseReport): boolean {
    if (this.#frozen !== report) return false;
    this.#frozen = null;
    this.#frozenCount = 0;
    return true;
  }

  /** Everything was told in another way. */
  clear(): void {
    this.#open = [];
    this.#openCount = 0;
    this.#frozen = null;
    this.#frozenCount = 0;
  }
}

function merged(uses: readonly (readonly [number, number])[]): [number, number][] {
  const half: [number, number][] = [];
  for (let at = 0; at < uses.length; at += 2) {
    const [first, second] = [uses[at], uses[at + 1]];
    if (first) half.push([second?.[0] ?? first[0], first[1] + (second?.[1] ?? 0)]);
  }
  return half;
}
